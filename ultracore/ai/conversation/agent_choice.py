"""Which agent answers a message, and how the conversation goes over to another one."""

from __future__ import annotations

from ultracore.ai import sentences as wording
from ultracore.ai.agents import Receptionist, RoutedMessage, Unclear
from ultracore.ai.conversation.desks import Desks, within
from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.profiles import AgentProfile
from ultracore.ai.screen import Choice
from ultracore.audit.vocabulary import ConversationRouted, HandoffRequested
from ultracore.cache.stores import Conversations, WaitingChoices
from ultracore.languages import told


class AgentChoice:
    """Asks the router, keeps to the agents of the person's desk, and asks the person if a subject is unclear."""

    def __init__(
        self, receptionist: Receptionist, desks: Desks, conversations: Conversations, waiting: WaitingChoices
    ) -> None:
        self._receptionist = receptionist
        self._desks = desks
        self._conversations = conversations
        self._waiting = waiting

    async def waiting_text(self, conversation_id: str, login_id: str) -> str | None:
        """Take the message of this login that waits for a choice. Raises `CacheUnavailable`."""
        return await self._waiting.take(conversation_id, login_id)

    async def route(self, turn: OpenTurn, text: str, routing: RoutedMessage | None) -> AgentProfile | None:
        """The agent that answers, or `None` if the message has been answered, or asked back, without one."""
        desk = self._desks.agents_of(turn.principal)
        # A person's own choice is not given to the router, which has found the message unclear already.
        found = routing or self._receptionist.route(turn.wish or text, turn.agent, desk)
        # A new question takes the place of the message that waited: a late press must not answer the old one.
        if isinstance(found, Unclear):
            await self._ask_back(turn, text, found)
            return None
        # Checked for a chosen agent too: the button's key comes from the browser.
        if not within(found.profile, desk):
            await self._desks.refuse_agent(turn, found.profile)
            return None
        await self._follow(turn, found)
        return found.profile

    def understands(self, turn: OpenTurn, text: str) -> bool:
        """True if the text would clearly be answered by an agent of this person's."""
        return self._receptionist.clearly(text) in self._desks.agents_of(turn.principal)

    async def _ask_back(self, turn: OpenTurn, text: str, found: Unclear) -> None:
        await self._waiting.keep(turn.conversation_id, turn.inbound.login_id, text)
        choices = [Choice(profile.domain, profile.domain) for profile in found.candidates]
        await turn.view.choose(told(wording.UNCLEAR, turn.language), choices)

    async def _follow(self, turn: OpenTurn, routing: RoutedMessage) -> None:
        domain, source = routing.profile.domain, routing.source
        label, score = routing.label, routing.score
        if routing.first:
            await turn.log.required_for_staff(ConversationRouted(label=label, agent=domain, score=score))
        elif source is not None:
            await turn.log.required_for_staff(
                HandoffRequested(source=source, target=domain, reason="subject.changed", score=score)
            )
        await turn.view.agent(domain)
        # Small talk settles nothing, so the first clear subject afterwards still counts as the beginning.
        if routing.first or source is not None:
            await self._conversations.set_agent(turn.conversation_id, domain)
            line = wording.agent_line(domain, source, turn.language)
            await turn.view.message(line, kind="handoff")

    async def hand_over(self, turn: OpenTurn, source: AgentProfile, target: AgentProfile) -> AgentProfile:
        """Go on with another agent, whom the model of `source` has asked for."""
        await turn.log.required_for_staff(
            HandoffRequested(source=source.domain, target=target.domain, reason="model.requested", score=None)
        )
        await turn.view.agent(target.domain)
        await self._conversations.set_agent(turn.conversation_id, target.domain)
        line = wording.agent_line(target.domain, source.domain, turn.language)
        await turn.view.message(line, kind="handoff")
        return target
