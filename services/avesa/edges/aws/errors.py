"""What AWS answers, in the words of our error tree."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from avesa.errors import StoreUnavailable

_DENIED = {"AccessDenied", "AccessDeniedException", "KMSAccessDeniedException", "UnauthorizedOperation", "403"}
_LOST = {
    "ResourceNotFoundException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "NoSuchBucket",
    "TableNotFoundException",
}  # fmt: skip
_RIGHTS = {
    "HeadObject": "s3:GetObject", "ListObjectsV2": "s3:ListBucket", "DeleteObjects": "s3:DeleteObject",
    "CreateMultipartUpload": "s3:PutObject", "UploadPart": "s3:PutObject", "CompleteMultipartUpload": "s3:PutObject",
    "SendMessageBatch": "sqs:SendMessage", "ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "TransactWriteItems": "dynamodb:PutItem",
}  # fmt: skip


def code(error: ClientError) -> str:
    """The service's own name of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def answering(service: str, thing: str) -> Iterator[None]:
    """Turn what goes wrong with `thing` of a service (`sqs`) into StoreUnavailable with a next step."""
    try:
        yield
    except ClientError as error:
        raise StoreUnavailable(_sentence(error, service, thing)) from None
    except NoCredentialsError:
        raise StoreUnavailable(
            f"There are no AWS credentials to use {thing} with; give the task a role, or sign in with `aws sso login`."
        ) from None
    except (BotoCoreError, TimeoutError) as error:
        raise StoreUnavailable(f"{thing} does not answer ({type(error).__name__}); it is tried again.") from None


def right(error: ClientError, service: str) -> str:
    """The IAM action that an operation needs: as AWS names it, or as its operation says."""
    named = re.search(r"perform: (\w+:\w+)", str(error))
    operation: Any = error.operation_name
    return named[1] if named else _RIGHTS.get(operation, f"{service}:{operation}")


def _sentence(error: ClientError, service: str, thing: str) -> str:
    if code(error) in _DENIED:
        return f"This role lacks the right {right(error, service)} on {thing}; add it to the task's policy."
    if code(error) in _LOST:
        return f"{thing} is not there; `avesa deploy` makes it, unless it was deleted by hand."
    return f"{thing} refused {error.operation_name}: {code(error)}; it is tried again."
