"""The session of one credential: one sign-in for all that speak with it, renewed before its end."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from avesa.core.tenants import Service
from avesa.errors import Park, SignedOut
from avesa.ports import Secrets
from avesa.sources.dialect import Dialect, Flow, Secret, Session

RENEW_BEFORE = 60.0
"""Seconds before a session's end at which a new one is fetched."""

Drive = Callable[[Flow[Session]], Awaitable[Session]]


@dataclass(eq=False, slots=True)
class Signed:
    """A session, since when it is there, and whether it ever gave a good answer."""

    session: Session
    since: float = 0.0
    good: bool = False

    def ends(self) -> bool:
        """Whether it soon ends, so that a new one is to be fetched."""
        lasts = self.session.expires_in
        return lasts is not None and time.monotonic() - self.since > max(lasts - RENEW_BEFORE, lasts / 2)


class SignIn:
    """Signs one tenant's source in, by a function that drives the dialect's flow."""

    def __init__(self, service: Service, spoken: Dialect, secrets: Secrets, drive: Drive) -> None:
        self._service = service
        self._dialect = spoken
        self._secrets = secrets
        self._drive = drive
        self._signed: Signed | None = None
        self._turn = asyncio.Lock()
        self._name = f"{service.tenant}/{service.source}"

    async def current(self, *, spent: Signed | None) -> Signed:
        """The shared session; a new one if there is none, it is the spent one, or it soon ends."""
        async with self._turn:
            if self._signed is None or self._signed is spent or self._signed.ends():
                self._signed = await self._sign_in(fresh=spent is not None)
            return self._signed

    def refused(self, error: SignedOut) -> Park:
        """What a credential that is refused means."""
        return Park(f"{self._name}: {error} Mend it with `avesa tenant add`, then `avesa tenant resume`.")

    async def _sign_in(self, *, fresh: bool) -> Signed:
        """Sign in; a credential that is refused is read anew before the tenant is parked for it."""
        secret = await self._secret(fresh=fresh)
        try:
            return await self._with(secret)
        except Park:
            mended = secret if fresh else await self._secret(fresh=True)
            if mended == secret:
                raise
            return await self._with(mended)

    async def _secret(self, *, fresh: bool) -> Secret | None:
        return (await self._secrets.get(self._service.tenant, fresh=fresh)).get(self._service.source)

    async def _with(self, secret: Secret | None) -> Signed:
        if secret is None:
            raise Park(f"{self._name} has no credentials; add them with `avesa tenant add`.")
        began = time.monotonic()
        try:
            session = await self._drive(self._dialect.sign_in(secret))
        except KeyError as missing:
            raise Park(
                f"{self._name}: the credential has no field {missing}; add it with `avesa tenant add`."
            ) from None
        except SignedOut as error:
            raise self.refused(error) from None
        if session.keep is not None:
            await self._secrets.put(self._service.tenant, self._service.source, {**secret, **session.keep})
        return Signed(session, began)
