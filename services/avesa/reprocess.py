"""Rebuilding a table and its history from raw alone; the source is not asked."""

from avesa.core.ledger import State
from avesa.core.mapping import Mappings
from avesa.core.messages import Reprocess
from avesa.edges.duck import Duck
from avesa.events import Listener
from avesa.leases import lease
from avesa.ledger import Ledger
from avesa.ports import Edges
from avesa.settings import Settings
from avesa.transform import Run, entries


async def reprocess(
    message: Reprocess, *, edges: Edges, mappings: Mappings, settings: Settings, listen: Listener
) -> None:
    """Make a table anew of every window that ever landed; one commit swaps all its files.

    What lands meanwhile stays landed and is merged by the next transform.
    """
    entities = mappings.feeding(message.table)
    ledger = Ledger(edges.store, edges.clock)
    async with lease(edges.store, edges.clock, message.tenant, f"publish {message.table}", lasting=settings.visibility):
        everything = await entries(ledger, message.tenant, entities, State.LANDED, State.MERGED)
        with Duck(settings, f"{message.table}-{message.tenant}") as duck:
            run = Run(message.tenant, mappings.contract(message.table), duck, edges, settings, listen, rebuild=True)
            await run.publish(everything, mappings)
        await ledger.merge(everything)
