"""A tool is a typed function in a file of its own. All that is said about it stands there, and the rest derives:
schema, validation, dispatch, who may use it, what is shown while it runs, the table in the docs.

    @tool(
        tool_class=ToolClass.READ,
        agents=("Accounts",),
        roles=(Role.CUSTOMER,),
        title="Looked up the balance",
        working="Looking up the balance…",
        summary=summarise,
    )
    async def get_account_balance(context: ToolContext, tenant_id: TenantId, account_id: AccountId) -> Result:
        \"\"\"Read the balance of one account. …\"\"\"

The first parameter is the context; every other parameter is an argument that a model may send. Parameters typed
`TenantId`, `CustomerId` or `UserId` are identity: the registry fills them from the principal and refuses a value
that differs from it.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from ultracore.ai.screen import Chart
from ultracore.ai.tools.arguments import Identity, Resource
from ultracore.ai.tools.context import ToolContext
from ultracore.principal import Role


class ToolClass(StrEnum):
    """What stands between the model's wish and the effect."""

    READ = "read"
    PROTECTIVE = "protective"
    SEALED = "sealed"
    SEALED_WITH_STEP_UP = "sealed with step-up"
    TWO_PERSONS = "two persons"

    @property
    def needs_approval(self) -> bool:
        """True if a person must press a button before anything happens."""
        return self not in (ToolClass.READ, ToolClass.PROTECTIVE)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a person reads in the step: one sentence, a table with a header row first, or none, a chart, and links
    (label and path on our own pages). `subject` stands in place of the tool's own.
    """

    sentence: str
    table: tuple[tuple[str, ...], ...] = ()
    chart: Chart | None = None
    links: tuple[tuple[str, str], ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that a customer may want to ask next, and the tool that answers it."""

    text: str
    tool: str


Marker = TypeVar("Marker", Identity, Resource)
Summariser = Callable[[Mapping[str, Any]], Summary]
Suggester = Callable[[Mapping[str, Any]], Iterable[Suggestion]]
ToolFunction = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool, as the registry and the published API see it.

    `function` runs a read. For a class that needs approval it prepares the terms of the proposal instead and
    changes nothing; the effect belongs to the approval desk.

    `roles` may use it until the policy says otherwise. `working` is shown while it runs, `title` names the step
    that it was. `subject` is what a person's list calls a conversation that began with it, or empty. Tools are
    listed by `order`; the published ones keep theirs. A `conversational` tool steers the conversation itself: it
    is about no customer, every role that has an agent may use it, and programs are not offered it. `suggests`
    makes from its result what may be asked next, best first.
    """

    name: str
    description: str
    tool_class: ToolClass
    agents: frozenset[str]
    roles: frozenset[Role]
    title: str
    working: str
    subject: str
    arguments: type[BaseModel]
    identity: Mapping[str, Identity]
    resources: Mapping[str, Resource]
    function: ToolFunction
    summary: Summariser
    suggests: Suggester
    order: int
    conversational: bool

    def parameters(self, *, identity_required: bool) -> dict[str, Any]:
        """The JSON schema of the arguments.

        The published definition lists identity among the required arguments; what a model gets does not, since
        identity is the principal's.
        """
        schema = self.arguments.model_json_schema()
        properties = {name: _plain(prop) for name, prop in schema["properties"].items()}
        required = [
            name
            for name in properties
            if name in schema.get("required", ()) or (identity_required and self.identity.get(name) is not None)
        ]
        return {
            "type": "object",
            "properties": properties,
            "required": _identity_first(required, self.identity),
            "additionalProperties": False,
        }

    def wire_schema(self) -> dict[str, Any]:
        """What a model is offered: an entry of the wire's `tools`, as short as it can be.

        It is sent with every request. So what the bank fills in is left out, and what a model does not need to
        write a call: bounds and long lists, which code checks and names in its refusals.
        """
        whole = self.parameters(identity_required=False)
        properties = {name: _short(one) for name, one in whole["properties"].items() if name not in self.identity}
        parameters: dict[str, Any] = {"type": "object", "properties": properties}
        required = [name for name in whole["required"] if name not in self.identity]
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": {**parameters, "required": required} if required else parameters,
        }
        return {"type": "function", "function": function}


def _nothing(_: Mapping[str, Any]) -> Iterable[Suggestion]:
    return ()


def tool(
    *,
    tool_class: ToolClass,
    agents: tuple[str, ...],
    roles: tuple[Role, ...],
    title: str,
    working: str,
    summary: Summariser,
    subject: str = "",
    suggests: Suggester = _nothing,
    order: int = 100,
    conversational: bool = False,
) -> Callable[[ToolFunction], Tool]:
    """Declare a tool. The docstring is its description for models; it says when to use it and when not."""

    def declare(function: ToolFunction) -> Tool:
        hints = _argument_hints(function)
        identity = _marked(hints, Identity)
        return Tool(
            name=function.__name__,
            description=_description(function),
            tool_class=tool_class,
            agents=frozenset(agents),
            roles=frozenset(roles),
            title=title,
            working=working,
            subject=subject,
            arguments=_arguments_model(function, hints, identity),
            identity=identity,
            resources=_marked(hints, Resource),
            function=function,
            summary=summary,
            suggests=suggests,
            order=order,
            conversational=conversational,
        )

    return declare


def _description(function: ToolFunction) -> str:
    # On one line: breaks and indents of a docstring would be tokens of every request.
    description = " ".join((inspect.getdoc(function) or "").split())
    if not description:
        raise TypeError(f"the tool {function.__name__} needs a docstring: it is what a model reads")
    return description


def _argument_hints(function: ToolFunction) -> dict[str, Any]:
    hints = get_type_hints(function, include_extras=True)
    names = list(inspect.signature(function).parameters)
    if hints[names[0]] is not ToolContext:
        raise TypeError(f"the first parameter of {function.__name__} must be a ToolContext")
    return {name: hints[name] for name in names[1:]}


def _marked(hints: Mapping[str, Any], marker: type[Marker]) -> dict[str, Marker]:
    """The parameters whose annotation carries a marker of that type."""
    return {
        name: item
        for name, hint in hints.items()
        if get_origin(hint) is Annotated
        for item in get_args(hint)[1:]
        if isinstance(item, marker)
    }


def _arguments_model(
    function: ToolFunction, hints: Mapping[str, Any], identity: Mapping[str, Identity]
) -> type[BaseModel]:
    parameters = inspect.signature(function).parameters
    fields: dict[str, Any] = {}
    for name, hint in hints.items():
        default = parameters[name].default
        # Optional for the model, which should leave it out: the registry fills it in from the principal.
        if name in identity:
            fields[name] = (hint | None, Field(default=None))
        else:
            fields[name] = (hint, ... if default is inspect.Parameter.empty else default)
    # An unknown argument is refused: a model that sends one believes that it has an effect.
    return create_model(f"{function.__name__}_arguments", __config__=ConfigDict(extra="forbid"), **fields)


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Drop pydantic's titles and the `null` that stands for "left out"."""
    plain = {key: value for key, value in schema.items() if key != "title"}
    options = [option for option in plain.pop("anyOf", ()) if option.get("type") != "null"]
    if options:
        plain = {**(options[0] if len(options) == 1 else {"anyOf": options}), **plain}
    if plain.get("default", ...) is None:
        del plain["default"]
    return plain


_MOST_OF_A_LIST = 8


def _short(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A property with its type, its words and a short list of values."""
    kept = {name: schema[name] for name in ("type", "description", "items") if name in schema}
    values = schema.get("enum", ())
    if "const" in schema or 0 < len(values) <= _MOST_OF_A_LIST:
        # The values say the type.
        kept = {"enum": list(values) or [schema["const"]], **{k: v for k, v in kept.items() if k != "type"}}
    return kept or dict(schema)


def _identity_first(names: list[str], identity: Mapping[str, Identity]) -> list[str]:
    return sorted(names, key=lambda name: name not in identity)
