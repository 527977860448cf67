"""Starts the server by ourselves: what `ultracore serve` and `make run` do.

Compared with `chainlit run app.py`: nothing is written outside the data directory, and `nest_asyncio`, which makes
every task slower, is not loaded.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ultracore.chat import register
from ultracore.errors import OperatorError
from ultracore.settings import Settings, export_to_environment

CHECKOUT = Path(__file__).resolve().parents[2]
LOOKS = ("public", ".chainlit/config.toml", "chainlit.md")


def prepare_root(settings: Settings) -> Path:
    """A copy, below the data directory, of what Chainlit reads and writes beside the app; refreshed at each start.

    Raises `OperatorError` if the data directory cannot be written.
    """
    root = settings.data_path / "chainlit"
    try:
        settings.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Copied at each start, so that a new version's looks replace those of the last one.
        for name in LOOKS:
            source, target = CHECKOUT / name, root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, target)
    except OSError as error:
        raise OperatorError(
            f"The look of the app cannot be copied from {CHECKOUT} to {root} ({error.strerror}); make the data "
            "directory writable, or name another one in ULTRACORE_DATA_DIR.",
            code="startup.data_directory",
        ) from error
    return root


def serve(settings: Settings, *, host: str = "127.0.0.1", register: Callable[[], None] = register) -> None:
    """Serve until a signal comes. `register` puts an app into Chainlit; without it, ours.

    Raises `OperatorError` or `SystemExit` with a sentence if it cannot.
    """
    export_to_environment("CHAINLIT_APP_ROOT", str(prepare_root(settings)))
    with _all_kept():
        # Imported late: Chainlit takes its directories from the environment at import.
        import uvicorn
        from chainlit.config import config
        from chainlit.server import app

        from ultracore.chat.door import ImpatientProtocol

        config.run.host, config.run.port, config.run.headless = host, settings.port, True
        register()
    # Who a proxy speaks for is decided by `TrustedProxies`; uvicorn must leave the peer as it is.
    config_of_server = uvicorn.Config(
        app,
        host=host,
        port=settings.port,
        # Its lines go where ours go, and look like them, if it is said how lines look.
        log_config=uvicorn.config.LOGGING_CONFIG if settings.logs is None else None,
        # An access log would hold the ids of conversations, which are paths here.
        log_level="warning",
        ws_per_message_deflate=False,
        proxy_headers=False,
        http=ImpatientProtocol,
    )
    server = uvicorn.Server(config_of_server)
    asyncio.run(server.serve())


@contextmanager
def _all_kept() -> Iterator[None]:
    """Nothing made in here is ever looked at by the garbage collector, neither now nor later.

    Modules live as long as the program: looking through them again and again is a fifth of the imports' time.
    """
    gc.disable()
    try:
        yield
    finally:
        # Also what was made just now: without this the first collection would look through all modules after all.
        gc.freeze()
        gc.enable()
