-- Salesforce's log of deletes.
select
    r.id as source_id,
    r.deletedDate as deleted_at,
    'deleted' as delete_cause
from record
