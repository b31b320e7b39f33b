-- ServiceNow sys_user: customers' people and the provider's own.
select
    r.sys_id as source_id,
    nullif(r.first_name, '') as first_name,
    nullif(r.middle_name, '') as middle_name,
    nullif(r.last_name, '') as last_name,
    coalesce(nullif(r.name, ''), nullif(concat_ws(' ', nullif(r.first_name, ''), nullif(r.last_name, '')), '')) as name,
    nullif(r.user_name, '') as login,
    nullif(r.title, '') as title,
    nullif(r.department, '') as department,
    'servicenow:' || nullif(r.company, '') as company_key,
    nullif(r.location, '') as site,
    'servicenow:' || nullif(r.manager, '') as manager_contact_key,
    nullif(regexp_replace(lower(r.email), '[\s\p{Cf}]', '', 'g'), '') as email,
    list_filter([regexp_replace(lower(r.email), '[\s\p{Cf}]', '', 'g')], lambda e: e <> '') as emails,
    coalesce(
        nullif(regexp_replace(r.phone, '[^0-9+]', '', 'g'), ''), nullif(regexp_replace(r.mobile_phone, '[^0-9+]', '', 'g'), '')
    ) as phone,
    nullif(regexp_replace(r.mobile_phone, '[^0-9+]', '', 'g'), '') as mobile,
    list_sort(list_distinct(list_filter(
        [regexp_replace(r.phone, '[^0-9+]', '', 'g'), regexp_replace(r.mobile_phone, '[^0-9+]', '', 'g')], lambda p: p <> ''
    ))) as phones,
    nullif(r.active, '') as is_active,
    nullif(r.locked_out, '') as is_locked_out,
    nullif(r.vip, '') as is_vip,
    nullif(r.employee_number, '') as employee_number,
    nullif(r.source, '') as origin,
    nullif(r.time_zone, '') as time_zone,
    nullif(r.preferred_language, '') as language,
    nullif(r.last_login_time, '') as last_login_at,
    nullif(r.sys_created_on, '') as created_at_source,
    nullif(r.sys_created_by, '') as created_by,
    nullif(r.sys_updated_by, '') as updated_by,
    case when contains(payload, '"u_') then nullif(to_json(map_from_entries(list_sort(list_filter(
        map_entries(json_transform(payload, '"MAP(VARCHAR, VARCHAR)"')),
        lambda e: starts_with(e.key, 'u_') and e.value <> ''
    ))))::varchar, '{}') end as custom_fields
from record
