"""A report of fraud or another incident."""

from __future__ import annotations

from typing import Annotated, TypedDict

from pydantic import Field, StringConstraints

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.principal import Role

Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000),
    Field(description="What happened, in the customer's own words, without passwords or codes."),
]


class IncidentResult(TypedDict):
    """A report on record. `phone` is the number at which a person answers."""

    customer_id: str
    reference: str
    status: str
    reported_at: str
    phone: str
    message: str


@tool(
    tool_class=ToolClass.PROTECTIVE,
    agents=("Security",),
    roles=(Role.CUSTOMER,),
    title="Wrote the report down",
    working="Writing the report down…",
    summary=message_summary,
    subject="A report to the bank",
)
async def report_incident(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    description: Words,
) -> IncidentResult:
    """Record a report of fraud, a scam, a stolen login or another security incident, and get its reference. Use it
    when the customer says that something happened. Tell them the reference and the phone number. Do not use it for
    complaints, for a lost card alone (freeze_card) or to take a report back (withdraw_report)."""
    security = context.bank.security
    incident = await security.incidents.report(tenant_id, customer_id, context.principal.user_id, description)
    told = (
        f"The report is recorded under {incident.reference}. If money is moving or somebody is in your "
        f"account, call {security.support_phone} now and give that reference."
    )
    return IncidentResult(
        customer_id=customer_id,
        reference=incident.reference,
        status=incident.status,
        reported_at=incident.reported_at.isoformat(),
        phone=security.support_phone,
        message=told,
    )
