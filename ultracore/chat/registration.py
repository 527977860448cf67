"""Puts the app into Chainlit: checks first, then the gate, the handlers, and the server's start and stop."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import chainlit
from chainlit import config as chainlit_config
from chainlit import server
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from ultracore.audit.masking import mask
from ultracore.chat import startup
from ultracore.chat.door import Endpoint, Routes, TrustedProxies, networks_of
from ultracore.chat.follower import Follower
from ultracore.chat.frame import (
    APPROVE,
    WIDGET_ROOT,
    Doors,
    FramePages,
    Launches,
    Visits,
    WidgetFiles,
    loader_version,
)
from ultracore.chat.handlers import Handlers
from ultracore.chat.http import (
    Buttons,
    MyData,
    Operations,
    Pages,
    ProviderDoor,
    Ratings,
    SignIn,
    SocketGate,
    StepUpDoor,
    ThreadList,
    sticky_cookie,
)
from ultracore.chat.interfaces import OpenApp
from ultracore.chat.pages import approval_pages, frame_trees, page_trees
from ultracore.chat.persons_board import PersonsBoard
from ultracore.chat.runtime import Runtime
from ultracore.chat.switches import switch_off
from ultracore.chat.watch import LoginWatch
from ultracore.errors import OperatorError, UltracoreError
from ultracore.observability import configure_logging
from ultracore.settings import (
    Settings,
    export_to_environment,
    load_settings,
    require_fit_for_serving,
)

logger = logging.getLogger(__name__)


def register_app(open_app: OpenApp | None = None) -> None:
    """Do everything that `ultracore.chat.register` promises. `open_app` is the container's, but in tests."""
    running = getattr(server.app.state, "ultracore", None)
    # A hot reload loads `app.py` again: a second runtime would find the data directory locked by the first.
    if running is not None:
        return _hooks(*running)
    try:
        runtime = _prepare(open_app or _container())
    except OperatorError as error:
        # Raised here and not in the startup hook, where Chainlit would print a traceback around it.
        raise SystemExit(error.message) from error
    switch_off(chainlit_config.config)
    watch = _install(runtime)
    server.app.state.ultracore = (runtime, watch)
    _hooks(runtime, watch)


def _container() -> OpenApp:
    # Imported late: the container loads every adapter, and tests bring an app of their own.
    from ultracore import container

    opener: OpenApp = container.open_app
    return opener


def _prepare(open_app: OpenApp) -> Runtime:
    startup.check_python()
    run = chainlit_config.config.run
    # Chainlit has read its own port by now, and origins are built from the one that is really served.
    settings = load_settings().model_copy(update={"port": run.port})
    require_fit_for_serving(settings)
    if settings.logs is not None:
        configure_logging(mask, as_json=settings.logs == "json")
    startup.check_root_path(settings.root_path or run.root_path)
    if not networks_of(settings.trusted_proxies):
        startup.check_encryption(settings.env, tls=bool(run.ssl_cert))
    # Before the port: of two apps on one directory the second should hear of the directory.
    lock = startup.claim_data_directory(settings.data_path)
    # Chainlit reports a taken port after "available at …", and exits with 0.
    startup.check_port(run.host, run.port)
    _export(settings)
    _move_files(settings.data_path / "chainlit" / "files")
    return Runtime(settings, open_app, origins=_origins(settings, tls=bool(run.ssl_cert)), lock=lock)


def _origins(settings: Settings, *, tls: bool) -> tuple[str, ...]:
    if settings.allowed_origins:
        return settings.allowed_origins
    scheme = "https" if tls else "http"
    return (f"{scheme}://127.0.0.1:{settings.port}", f"{scheme}://localhost:{settings.port}")


def _export(settings: Settings) -> None:
    """What Chainlit and uvicorn only read from the environment."""
    given = settings.chainlit_auth_secret
    secret = given.get_secret_value() if given else startup.auth_secret(settings.data_path / "cookie.secret")
    export_to_environment("CHAINLIT_AUTH_SECRET", secret)
    # uvicorn would rewrite the peer by rules of its own; `TrustedProxies` believes listed proxies only.
    export_to_environment("FORWARDED_ALLOW_IPS", "")


def _move_files(files: Path) -> None:
    """Chainlit made its upload folder in the working directory; we want nothing written there."""
    with suppress(OSError):
        os.rmdir(chainlit_config.FILES_DIRECTORY)
    files.mkdir(mode=0o700, parents=True, exist_ok=True)
    chainlit_config.FILES_DIRECTORY = files
    setattr(server, "FILES_DIRECTORY", files)  # noqa: B010 - a name that it imported, which is not its own


def _install(runtime: Runtime) -> LoginWatch:
    handlers = Handlers(runtime)
    watch = LoginWatch(runtime, server.sio)
    runtime.follow_with(Follower(runtime, handlers.followed, handlers.take_over).run, handlers.screen)
    runtime.show_persons_on(PersonsBoard(runtime))
    # The whole table is replaced: handlers such as edit_message work even if their feature is switched off.
    server.sio.handlers["/"] = SocketGate(runtime, handlers).table()
    # Chainlit leaves this empty, which means that any site may open a socket.
    server.sio.eio.cors_allowed_origins = list(runtime.origins)
    # With long polling every request could reach another replica, which knows nothing of the page.
    server.sio.eio.transports = ["websocket"]
    routes = _routes(runtime, handlers, watch)
    prefix = chainlit_config.config.run.root_path
    _restrict_cors(server.app.user_middleware, runtime)
    hosts = runtime.settings.widget_hosts
    server.app.add_middleware(
        Doors,
        runtime=runtime,
        page=routes,
        frame=_frame_routes(runtime, handlers, watch) if hosts else Routes({}, {}),
        prefix=prefix,
        hosts=hosts,
    )
    # Added last, so it runs first: the gate counts by the browser's address and not by the proxy's.
    server.app.add_middleware(TrustedProxies, proxies=networks_of(runtime.settings.trusted_proxies))
    return watch


def _routes(runtime: Runtime, handlers: Handlers, watch: LoginWatch) -> Routes:
    pages, operations = Pages(runtime), Operations(runtime)
    threads, my_data = ThreadList(runtime), MyData(runtime)
    signin, buttons = SignIn(runtime, watch.close_login), Buttons(runtime, handlers)
    ratings = Ratings(runtime)
    return Routes(
        {
            ("GET", "/"): pages.index,
            ("GET", "/project/translations"): pages.words,
            ("GET", "/project/settings"): pages.settings,
            ("POST", "/project/threads"): threads.page,
            ("PUT", "/project/thread"): threads.rename,
            ("DELETE", "/project/thread"): threads.remove,
            ("GET", "/login"): signin.page,
            ("POST", "/login"): signin.login,
            ("POST", "/logout"): signin.logout,
            ("GET", "/user"): signin.user,
            ("POST", "/project/action"): buttons.pressed,
            ("POST", "/step-up"): StepUpDoor(runtime).asked,
            ("PUT", "/feedback"): ratings.give,
            ("DELETE", "/feedback"): ratings.withdraw,
            ("POST", "/set-session-cookie"): sticky_cookie,
            ("GET", "/my-data"): my_data.page,
            ("GET", "/my-data.json"): my_data.file,
            ("GET", "/health"): operations.health,
            ("GET", "/ready"): operations.ready,
            ("GET", "/metrics"): operations.metrics,
            **(_loader_routes() if runtime.settings.widget_hosts else {}),
        },
        of_threads={("GET", "/thread"): pages.index, ("GET", "/project/thread"): threads.one},
        trees={
            **page_trees(runtime, chainlit_config.config.run.root_path),
            **_approval_tree(runtime, handlers),
            **({"/oidc": ProviderDoor(runtime, signin).answer} if runtime.settings.oidc_file else {}),
        },
    )


def _approval_tree(runtime: Runtime, handlers: Handlers) -> dict[str, Endpoint]:
    if not runtime.settings.widget_hosts:
        return {}
    pages = approval_pages(runtime, chainlit_config.config.run.root_path, handlers.press_elsewhere)
    return {APPROVE: pages.table().answer}


def _loader_routes() -> dict[tuple[str, str], Endpoint]:
    files = WidgetFiles()
    return {
        ("GET", f"{WIDGET_ROOT}.js"): files.loader,
        ("GET", f"{WIDGET_ROOT}.{loader_version()}.js"): files.versioned_loader,
    }


def _frame_routes(runtime: Runtime, handlers: Handlers, watch: LoginWatch) -> Routes:
    """What the widget's frame may ask for, below `/widget`: no sign-in by password, no list to change, no copy."""
    frame, files, launches = FramePages(runtime), WidgetFiles(), Launches(runtime, watch.close_login)
    pages, threads = Pages(runtime), ThreadList(runtime)
    signin = SignIn(runtime, watch.close_login)
    buttons = Buttons(runtime, handlers, approves=runtime.settings.widget_approve == "frame")
    ratings, visits = Ratings(runtime), Visits(runtime)
    return Routes(
        {
            ("GET", "/"): frame.first,
            ("GET", "/chat"): frame.chat,
            ("GET", "/login"): frame.again,
            ("GET", "/frame.js"): files.frame_script,
            ("GET", "/frame.css"): files.frame_style,
            ("GET", "/visit.js"): files.visit_script,
            ("GET", "/visit"): visits.shown,
            ("POST", "/ask"): visits.ask,
            ("POST", "/session"): launches.session,
            ("POST", "/logout"): launches.logout,
            ("POST", "/leave"): launches.leave,
            ("POST", "/set-session-cookie"): launches.sticky,
            ("GET", "/user"): signin.user,
            ("GET", "/project/translations"): pages.words,
            ("GET", "/project/settings"): pages.settings,
            ("POST", "/project/threads"): threads.page,
            ("POST", "/project/action"): buttons.pressed,
            ("POST", "/step-up"): StepUpDoor(runtime, framed=True).asked,
            ("POST", "/approval-ticket"): approval_pages(runtime, "", handlers.press_elsewhere).ticket,
            ("PUT", "/feedback"): ratings.give,
            ("DELETE", "/feedback"): ratings.withdraw,
        },
        of_threads={("GET", "/thread"): frame.chat, ("GET", "/project/thread"): threads.one},
        trees=frame_trees(runtime, WIDGET_ROOT),
    )


def _restrict_cors(middleware: list[Any], runtime: Runtime) -> None:
    for number, entry in enumerate(middleware):
        if entry.cls is CORSMiddleware:
            # Chainlit allows any origin, with credentials.
            middleware[number] = Middleware(
                CORSMiddleware,
                allow_origins=list(runtime.settings.allowed_origins),
                allow_credentials=True,
                allow_methods=["GET", "POST"],
                allow_headers=["Content-Type"],
            )


def _hooks(runtime: Runtime, watch: LoginWatch) -> None:
    """Chainlit's own hooks; its hot reload forgets them. Greeting is done by our socket handlers."""
    tasks: list[asyncio.Task[None]] = []

    async def open_with_the_server() -> None:
        await _open_or_exit(runtime)
        tasks.append(asyncio.get_running_loop().create_task(watch.run()))

    async def close_with_the_server() -> None:
        for task in tasks:
            task.cancel()
        await runtime.close()

    async def greeted_elsewhere() -> None:
        """Chainlit refuses to start without this hook."""

    async def nobody(username: str, password: str) -> chainlit.User | None:
        """Its being there makes Chainlit ask for a login; `/login` is answered by `SignIn`."""
        return None

    def no_data_layer() -> None:
        """Asked for one, Chainlit does not look at DATABASE_URL and LITERAL_API_KEY, which it would open and send
        names to by itself.
        """

    chainlit.data_layer(no_data_layer)  # type: ignore[arg-type]  # it takes None for "there is none"
    chainlit.on_app_startup(open_with_the_server)
    chainlit.on_app_shutdown(close_with_the_server)
    chainlit.on_chat_start(greeted_elsewhere)
    chainlit.password_auth_callback(nobody)


async def _open_or_exit(runtime: Runtime) -> None:
    """Chainlit would log a failure here and serve on; an app that did not open must not."""
    try:
        await runtime.open()
        startup.log_policy(runtime.settings.env, step_up=runtime.app.step_ups.is_on)
    except UltracoreError as error:
        print(error.message, file=sys.stderr, flush=True)  # noqa: T201 - the one sentence for the person who started us
    except Exception:
        logger.exception("the app did not open")
    else:
        return
    # Chainlit swallows an exception of this hook and serves on; for `SystemExit` it prints a traceback.
    os._exit(1)
