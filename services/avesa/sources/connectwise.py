"""ConnectWise PSA (Manage) REST 3.0 as a dialect.

https://developer.connectwise.com/Best_Practices/PSA_API_Requests (versioning, conditions, errors)
https://developer.connectwise.com/Best_Practices/PSA_Pagination (forward-only paging)
"""

import base64
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import msgspec

from avesa.core.entity import Entity
from avesa.core.windows import Window
from avesa.errors import Park, SourceUnavailable, Unproven
from avesa.sources.connectwise_errors import judge, retry_after
from avesa.sources.dialect import (
    Field,
    Finding,
    Flow,
    Landed,
    Limits,
    Page,
    Proof,
    Request,
    Response,
    Secret,
    Session,
    Walk,
)

STAMP = "%Y-%m-%dT%H:%M:%SZ"
ACCEPT = "application/vnd.connectwise.com+json; version=2025.16"
FORWARD = {"pagination-type": "forward-only"}


class ConnectWise:
    """One company's PSA, read through its REST API."""

    name = "connectwise"
    fields: tuple[Field, ...] = (
        Field("url", "The site, such as https://api-na.myconnectwise.net"),
        Field("company_id", "The company id that people log in with"),
        Field("public_key", "The API member's public key"),
        Field("private_key", "The API member's private key", secret=True),
        Field("client_id", "The integration's clientId from the developer portal"),
    )
    hosts = (".myconnectwise.net", ".connectwisedev.com")
    stamp = STAMP

    def sign_in(self, secret: Secret) -> Flow[Session]:
        """Look the company's code base up on the login host and prepare the headers of every request."""
        site = secret["url"].rstrip("/")
        login = site.replace("://api-", "://", 1)
        url = f"{login}/login/companyinfo/{quote(secret['company_id'], safe='')}"
        response = yield Request("GET", url, headers={"accept": "application/json"}, signed=False)
        if response.body.strip() == b"null":
            raise Park(f"ConnectWise knows no company {secret['company_id']} at {urlsplit(login).hostname}.")
        codebase = str(_told(response, "Codebase")).strip("/")
        user = f"{secret['company_id']}+{secret['public_key']}:{secret['private_key']}"
        headers = {
            "authorization": f"Basic {base64.b64encode(user.encode()).decode()}",
            "clientid": secret["client_id"],
            "accept": ACCEPT,
        }
        return Session(f"{site}/{codebase}/apis/3.0", headers)

    def judge(self, response: Response) -> None:
        """Raise what a bad answer means."""
        judge(response)

    def limits(self, response: Response) -> Limits:
        """Read Retry-After; ConnectWise tells of no other limit."""
        return Limits(retry_after=retry_after(response))

    def probe(self, session: Session) -> Flow[None]:
        """Ask for the system's version."""
        yield Request("GET", f"{session.base_url}/system/info")

    def oldest(self, entity: Entity, session: Session) -> Flow[str]:
        """Ask for the row that was changed longest ago."""
        params = (("fields", "id,_info"), ("orderBy", "lastUpdated asc"), ("pageSize", "1"), ("page", "1"))
        response = yield Request("GET", f"{session.base_url}/{entity.collection}", params)
        return next((str(row["_info"]["lastUpdated"]) for row in _rows(response.body) if row.get("_info")), "")

    def count(self, entity: Entity, window: Window, session: Session) -> Flow[int]:
        """Ask the count endpoint."""
        params = (("conditions", _inside(window)),)
        response = yield Request("GET", f"{session.base_url}/{entity.collection}/count", params)
        return int(str(_told(response, "count")))

    def walk(self, entity: Entity, window: Window, session: Session, count: int) -> Walk:
        """Page by id, forward-only; by `id > last` where an endpoint does not know that.

        The end is an empty page, or the empty Link header that forward-only gives on its last
        page; a short page never is (T6).
        """
        last = ""
        forward = True
        while count:
            response = yield _page(entity, window, session, last, forward=forward)
            if forward and "link" not in response.headers:
                forward = False  # the endpoint paged by number: ask again by keyset
                continue
            landed = yield Page(response.body)
            if not landed.rows:
                break
            last = _further(last, landed)
            if forward and 'rel="next"' not in response.headers["link"]:
                break
        return Proof()

    def inspect(self, entity: Entity, session: Session) -> Flow[tuple[Finding, ...]]:
        """Ask for one record with all its fields; a missing `_info` means a role that hides times (T25)."""
        params = (("fields", ",".join(entity.fields)), ("pageSize", "1"))
        response = yield Request("GET", f"{session.base_url}/{entity.collection}", params, judged=False)
        return tuple(_findings(entity, response))


def _page(entity: Entity, window: Window, session: Session, last: str, *, forward: bool) -> Request:
    inside = _inside(window)
    common = (("fields", ",".join(entity.fields)), ("pageSize", str(entity.page_size)))
    url = f"{session.base_url}/{entity.collection}"
    if forward:
        after = (("pageId", last),) if last else ()
        return Request("GET", url, (("conditions", inside), *common, *after), FORWARD)
    keyset = f"{inside} AND id > {last}" if last else inside
    return Request("GET", url, (("conditions", keyset), *common, ("orderBy", "id asc"), ("page", "1")))


def _inside(window: Window) -> str:
    start, end = window.start.strftime(STAMP), window.end.strftime(STAMP)
    return f"lastUpdated >= [{start}] AND lastUpdated < [{end}]"


def _further(last: str, landed: Landed) -> str:
    """The last id of a page, which must be beyond the page before (T8)."""
    if last and int(landed.last_key) <= int(last):
        raise Unproven(f"ConnectWise sent the page after id {last} again instead of the next one.")
    return landed.last_key


def _findings(entity: Entity, response: Response) -> Iterator[Finding]:
    if response.status != 200:
        code = str(_object(response.body).get("message", "")) or "no reason given"
        advice = f"give the API member's role inquire rights on {entity.collection}"
        yield Finding(entity.name, fine=False, detail=f"refused with {response.status} ({code}); {advice}")
        return
    rows = _rows(response.body)
    if not rows:
        yield Finding(entity.name, fine=True, detail="readable, and empty")
        return
    stamp = (rows[0].get("_info") or {}).get("lastUpdated")
    detail = "readable" if stamp else "_info.lastUpdated is hidden: give the API member's role rights on all fields"
    yield Finding(entity.name, fine=bool(stamp), detail=detail)


def _told(response: Response, name: str) -> object:
    """A field of an answer that must have it: one without is cut or foreign, and no zero (T4)."""
    found = _object(response.body)
    if name not in found:
        raise SourceUnavailable(f"ConnectWise answered 200 without {name}.")
    return found[name]


def _object(body: bytes) -> dict[str, object]:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _rows(body: bytes) -> list[dict[str, dict[str, object]]]:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return []
    return found if isinstance(found, list) else []
