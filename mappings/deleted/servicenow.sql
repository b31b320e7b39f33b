-- ServiceNow sys_audit_delete: a row that is gone for good.
select
    nullif(r.documentkey, '') as source_id,
    nullif(r.sys_created_on, '') as deleted_at,
    'deleted' as delete_cause
from record
