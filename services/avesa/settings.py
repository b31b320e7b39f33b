"""The only file that reads the environment."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from avesa.core.names import aws_bucket
from avesa.errors import UsageError


class Settings(BaseSettings):
    """How this process runs; each setting is `AVESA_<NAME>` in the environment."""

    model_config = SettingsConfigDict(env_prefix="AVESA_", frozen=True, extra="ignore")

    environment: Literal["embedded", "local", "dev", "staging", "prod"] = "embedded"
    home: Path = Path(".avesa")
    """Where an embedded installation lives: state, secrets, lake and scratch."""
    lake: str = ""
    """`s3://bucket` or a folder; empty is `<home>/lake`, or the environment's own bucket on AWS."""
    scratch: Path | None = None
    """Scratch disk for raw parts and DuckDB; None is `<home>/scratch`."""
    mappings: Path | None = None
    """Mapping files to use in place of the packaged ones."""
    loopback: bool = False
    """Whether a tenant's URL may name this machine (the simulator)."""
    extra_hosts: tuple[str, ...] = ()
    """Further host names that tenants' URLs may name (the simulator in compose)."""
    ca_file: Path | None = None
    """A certificate authority to trust besides the usual (the simulator with TLS)."""

    slots: int = Field(8, ge=1, le=256)
    """Messages worked on at once."""
    visibility: float = Field(120, gt=0)
    """Seconds a received message and a claimed window stay hidden before they must be extended."""
    grace: float = Field(90, ge=0)
    """Seconds to finish running work after SIGTERM."""
    attempts: int = Field(5, ge=1)
    """Receives before a message is a dead letter."""
    connections: int = Field(16, ge=1)
    """HTTP connections open at once, and requests in flight per credential."""

    overlap_seconds: int = Field(600, ge=0)
    """How far behind the watermark an hourly window starts (T1)."""
    lag_seconds: int = Field(60, ge=0)
    """How far behind the source's clock a window ends."""
    part_bytes: int = Field(64 << 20, ge=1)
    """Payload bytes after which a raw part is closed."""

    memory_limit_mb: int = Field(2048, ge=128)
    """What DuckDB may use, in MiB."""
    threads: int = Field(2, ge=1)
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    log_json: bool = False

    region: str = "us-east-2"
    endpoint_url: str | None = None
    """AWS endpoint of an emulator; None is AWS."""
    ecs_agent_uri: str | None = Field(None, validation_alias=AliasChoices("AVESA_ECS_AGENT_URI", "ECS_AGENT_URI"))
    """Where the ECS agent of this task answers; ECS sets it."""

    @property
    def lake_url(self) -> str:
        """The lake's root."""
        own = self.home / "lake" if self.environment == "embedded" else f"s3://{aws_bucket(self.environment)}"
        return self.lake or str(own)

    @property
    def scratch_path(self) -> Path:
        """The scratch folder."""
        return self.scratch or self.home / "scratch"


_given: dict[str, Any] = {}


def use(**given: Any) -> None:
    """Let options of the command line stand before the environment."""
    _given.update(given)
    settings.cache_clear()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Read the environment once; UsageError names a setting that is wrong."""
    try:
        return Settings(**_given)
    except ValidationError as error:
        wrong = "; ".join(f"AVESA_{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors())
        raise UsageError(f"A setting is wrong: {wrong}.") from None
