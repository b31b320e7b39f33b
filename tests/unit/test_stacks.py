"""Which stacks an environment consists of."""

import pytest

from avesa.core.names import SOURCES, TABLES, ingest_queue, transform_queue
from avesa.core.stacks import ENVIRONMENTS, declared, ssm_name, stacks
from avesa.edges import template_files
from avesa.errors import UsageError

FILES = template_files.read()
SERVICES = {*map(ingest_queue, SOURCES), *map(transform_queue, TABLES)}


def made(environment="dev", *only, **given):
    """The stacks of an environment by name."""
    return {stack.name: stack for stack in stacks(environment, FILES, {"Version": "1", **given}, only)}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_queue_of_the_program_has_a_worker_and_a_schedule(environment):
    """Three ingestion and four canonical services, after the data and the cluster that they need."""
    names = list(made(environment))
    assert names[:2] == [f"avesa-data-{environment}", f"avesa-cluster-{environment}"]
    assert set(names[2:9]) == {f"avesa-{service}-{environment}" for service in SERVICES}
    assert set(names[9:]) == {f"avesa-{service}-schedule-{environment}" for service in SERVICES}


def test_one_service_alone_leaves_the_shared_stacks_as_they_are():
    """`--service` touches a worker and its schedule."""
    wanted = {"avesa-connectwise-ingestion-dev", "avesa-connectwise-ingestion-schedule-dev"}
    assert made("dev", "connectwise-ingestion").keys() == wanted


def test_stacks_find_one_another_through_ssm():
    """A parameter of an SSM type gets the name under which another stack leaves the value."""
    parameters = made()["avesa-connectwise-ingestion-dev"].parameters
    assert parameters["ExecutionRoleArn"] == ssm_name("dev", "ExecutionRoleArn") == "/avesa/dev/execution-role-arn"


def test_every_ssm_name_is_left_by_some_stack():
    """What a template reads from SSM, another template writes there."""
    read = {
        ssm_name("${Environment}", name)
        for path, text in FILES.items()
        if "/" not in path
        for name, described in declared(text).items()
        if "SSM" in described["Type"]
    }
    assert read == {name for name in read if any(name in text for text in FILES.values())}


def test_hours_follow_one_another():
    """00 ingestion, 15 tickets, 20 time entries, 25 companies, 30 contacts; a task starts one minute later."""
    minutes = {name: stack.parameters["Minute"] for name, stack in made().items() if "schedule" in name}
    starts = {
        name: stack.parameters["StartMinute"] for name, stack in made().items() if "StartMinute" in stack.parameters
    }
    order = ("tickets", "time-entries", "companies", "contacts")
    assert [minutes[f"avesa-canonical-transform-{table}-schedule-dev"] for table in order] == ["15", "20", "25", "30"]
    assert {minutes[f"avesa-{ingest_queue(source)}-schedule-dev"] for source in SOURCES} == {"0"}
    for name, start in starts.items():
        assert int(start) == int(minutes[name.replace("-dev", "-schedule-dev")]) + 1


def test_only_data_of_an_account_is_protected():
    """CloudFormation refuses to delete what holds data; on a laptop it may."""
    assert [name for name, stack in made("prod").items() if stack.protected] == ["avesa-data-prod"]
    assert not any(stack.protected for stack in made("local").values())


def test_what_is_given_wins_over_the_files():
    """`--set` is the last word."""
    assert made(Size="large")["avesa-connectwise-ingestion-dev"].parameters["Size"] == "large"


@pytest.mark.parametrize(
    ("only", "given", "says"),
    [
        (["tickets"], {}, "There is no service 'tickets'"),
        ([], {"Sise": "large"}, "No template takes the parameter Sise"),
    ],
)
def test_a_wrong_word_is_named(only, given, says):
    """What no template takes is refused before anything is touched."""
    with pytest.raises(UsageError, match=says):
        made("dev", *only, **given)


def test_a_parameter_without_a_value_is_named():
    """Version comes from the command; without it nothing is deployed."""
    with pytest.raises(UsageError, match="needs the parameter Version"):
        stacks("dev", FILES, {})
