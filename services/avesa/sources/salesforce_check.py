"""What `avesa check` looks at in a Salesforce org."""

from avesa.core.entity import Entity
from avesa.errors import Park
from avesa.sources.dialect import Finding, Flow, Session
from avesa.sources.salesforce_allowance import Allowance, allowances
from avesa.sources.salesforce_columns import Described, choose, describe
from avesa.sources.salesforce_deletes import told_by


def inspect(entity: Entity, session: Session) -> Flow[tuple[Finding, ...]]:
    """Describe the object and compare with the mapping; then look at what is left of the day."""
    try:
        described = yield from describe(entity, session)
    except Park as error:
        return (Finding(entity.name, fine=False, detail=str(error)),)
    if described is None:
        return (Finding(entity.name, fine=True, detail=f"{entity.collection} is not there: optional, left out."),)
    if told_by(entity):
        return (_replicated(entity, described),)
    left = yield from _left(session)
    return (*_columns(entity, described), *left)


def _replicated(entity: Entity, described: Described) -> Finding:
    how = "Its deletes are logged." if described.replicateable else "Salesforce keeps no log of its deletes."
    return Finding(entity.name, fine=described.replicateable, detail=how)


def _columns(entity: Entity, described: Described) -> tuple[Finding, ...]:
    try:
        columns = choose(entity, described)
    except Park as error:
        return (Finding(entity.name, fine=False, detail=str(error)),)
    findings = [Finding(entity.name, fine=True, detail=f"Readable, with {len(columns.names)} columns.")]
    if columns.hidden:
        detail = f"Hidden from the user, so null: {', '.join(columns.hidden)}. Give read access to them."
        findings = [Finding(entity.name, fine=False, detail=detail)]
    if columns.formulas and not entity.options.get("refresh_days"):
        detail = (
            f"Formulas change without a new stamp: {', '.join(columns.formulas)}. "
            "Set `refresh_days` in the entity's options to have them pulled again."
        )
        findings.append(Finding(entity.name, fine=False, detail=detail))
    return tuple(findings)


def _left(session: Session) -> Flow[tuple[Finding, ...]]:
    left = yield from allowances(session)
    return (_spare("daily requests", left.DailyApiRequests), _spare("daily bulk jobs", left.DailyBulkV2QueryJobs))


def _spare(subject: str, allowance: Allowance) -> Finding:
    return Finding(subject, fine=allowance.spare(1), detail=f"{allowance.Remaining} of {allowance.Max} left.")
