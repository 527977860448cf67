"""The services about safety, which lean on one another, as one value: `bank.security`."""

from __future__ import annotations

from dataclasses import dataclass

from ultracore.banking.access import (
    AdaptiveAccessService,
    MarksService,
    StaffCases,
    SurroundingsService,
    remembering,
)
from ultracore.banking.customers import CustomersService
from ultracore.banking.fraud import ActivityService, FraudService
from ultracore.banking.identifiers import Clock
from ultracore.banking.safety import CardsService, IncidentDesk, IncidentsService
from ultracore.banking.seals import Digest
from ultracore.banking.store import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityServices:
    """Fraud, access, cards and reports. `support_phone` is the bank's own number, for those who should ring it."""

    surroundings: SurroundingsService
    marks: MarksService
    incidents: IncidentsService
    incident_desk: IncidentDesk
    adaptive: AdaptiveAccessService
    fraud: FraudService
    activity: ActivityService
    cards: CardsService
    staff_cases: StaffCases
    support_phone: str

    @classmethod
    def over(
        cls, database: Database, customers: CustomersService, digest: Digest, clock: Clock, support_phone: str
    ) -> SecurityServices:
        """The services over one open database; `digest` is what guessable things are remembered under."""
        keyed = remembering(digest)
        surroundings = SurroundingsService(database, keyed, clock)
        marks = MarksService(database, keyed, clock)
        incidents = IncidentsService(database, clock)
        return cls(
            surroundings=surroundings,
            marks=marks,
            incidents=incidents,
            incident_desk=IncidentDesk(database, clock),
            adaptive=AdaptiveAccessService(surroundings, marks, incidents),
            fraud=FraudService(database, surroundings, clock),
            activity=ActivityService(database, customers, surroundings, marks, incidents, clock),
            cards=CardsService(database),
            staff_cases=StaffCases(database, clock),
            support_phone=support_phone,
        )
