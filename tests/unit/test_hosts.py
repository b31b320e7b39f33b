"""Where a credential may go: to hosts of its source, over https, and nowhere else (P8)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avesa.core.hosts import check_host
from avesa.errors import Park
from avesa.sources.registry import DIALECTS

CONNECTWISE = (".myconnectwise.net",)


@pytest.mark.parametrize(
    "url",
    [
        "http://api-na.myconnectwise.net",
        "https://myconnectwise.net",
        "https://.myconnectwise.net",
        "https://evilmyconnectwise.net",
        "https://api-na.myconnectwise.net.evil.example",
        "https://evil.example/.myconnectwise.net",
        "https://evil.example#.myconnectwise.net",
        "https://evil.example?x=.myconnectwise.net",
        "https://evil.example\\.myconnectwise.net",
        "https://user:pass@api-na.myconnectwise.net",
        "https://169.254.169.254",
        "https://[::1]",
        "https://[abc",
        "https://api-na.myconnectwise.net:99999999",
        "http://127.0.0.1:8080",
        "http://localhost",
        "file:///etc/passwd",
        "ftp://api-na.myconnectwise.net",
        "api-na.myconnectwise.net",
        "",
    ],
)
def test_no_credential_goes_to_another_host(url):
    """P8: foreign, internal and unreadable addresses are refused with a sentence."""
    with pytest.raises(Park):
        check_host(url, CONNECTWISE, loopback=False)


@pytest.mark.parametrize("url", ["https://api-na.myconnectwise.net", "https://API-EU.MyConnectWise.net/v1/apis?x=1"])
def test_the_source_s_own_hosts_are_asked(url):
    """Any host under the vendor's name, in any case of letters."""
    check_host(url, CONNECTWISE, loopback=False)


def test_this_machine_is_asked_only_where_the_settings_say_so():
    """The simulator needs loopback; without the setting a tenant's URL cannot reach into the task."""
    check_host("http://127.0.0.1:8080", CONNECTWISE, loopback=True)
    check_host("http://simulator:8080", CONNECTWISE, loopback=False, extra=["simulator"])
    with pytest.raises(Park, match="not https"):
        check_host("http://other:8080", CONNECTWISE, loopback=True, extra=["simulator"])


@given(st.text(max_size=40), st.sampled_from(list(DIALECTS)))
def test_any_text_is_a_host_of_the_source_or_refused_in_words(text, source):
    """No text makes another error, and what is let through ends in the vendor's name."""
    suffixes = DIALECTS[source]().hosts
    with suppress(Park):
        check_host(f"https://{text}", suffixes, loopback=False)
        assert any(suffix in text.lower() for suffix in suffixes)
