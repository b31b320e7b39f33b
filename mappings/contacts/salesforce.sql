-- Salesforce Contact. A contact that lost a merge points to the one that won it.
select
    r.Id as source_id,
    nullif(r.FirstName, '') as first_name,
    nullif(r.LastName, '') as last_name,
    coalesce(nullif(r.Name, ''), nullif(concat_ws(' ', nullif(r.FirstName, ''), nullif(r.LastName, '')), '')) as name,
    nullif(r.Salutation, '') as salutation,
    nullif(r.Title, '') as title,
    nullif(r.Department, '') as department,
    'salesforce:' || nullif(r.AccountId, '') as company_key,
    'salesforce:' || nullif(r.ReportsToId, '') as manager_contact_key,
    nullif(regexp_replace(lower(r.Email), '[\s\p{Cf}]', '', 'g'), '') as email,
    list_filter([regexp_replace(lower(r.Email), '[\s\p{Cf}]', '', 'g')], lambda e: e <> '') as emails,
    coalesce(nullif(regexp_replace(r.Phone, '[^0-9+]', '', 'g'), ''), nullif(regexp_replace(r.MobilePhone, '[^0-9+]', '', 'g'), '')) as phone,
    nullif(regexp_replace(r.MobilePhone, '[^0-9+]', '', 'g'), '') as mobile,
    nullif(regexp_replace(r.Fax, '[^0-9+]', '', 'g'), '') as fax,
    list_sort(list_distinct(list_filter(
        [regexp_replace(r.Phone, '[^0-9+]', '', 'g'), regexp_replace(r.MobilePhone, '[^0-9+]', '', 'g'), regexp_replace(r.HomePhone, '[^0-9+]', '', 'g')],
        lambda p: p <> ''
    ))) as phones,
    nullif(r.MailingStreet, '') as street,
    nullif(r.MailingCity, '') as city,
    nullif(r.MailingState, '') as state,
    nullif(r.MailingPostalCode, '') as zip,
    nullif(r.MailingCountry, '') as country,
    nullif(r.HasOptedOutOfEmail, '') as is_unsubscribed,
    nullif(r.DoNotCall, '') as do_not_call,
    nullif(r.EmailBouncedDate, '') as email_bounced_at,
    nullif(r.EmailBouncedReason, '') as email_bounced_reason,
    nullif(r.Birthdate, '') as birth_date,
    nullif(r.LeadSource, '') as origin,
    nullif(r.OwnerId, '') as owner_id,
    'salesforce:' || nullif(r.MasterRecordId, '') as merged_into_key,
    nullif(r.CreatedDate, '') as created_at_source,
    nullif(r.CreatedById, '') as created_by,
    nullif(r.LastModifiedById, '') as updated_by,
    case when contains(payload, '__c"') then nullif(to_json(map_from_entries(list_sort(list_filter(
        map_entries(json_transform(payload, '"MAP(VARCHAR, VARCHAR)"')),
        lambda e: ends_with(e.key, '__c') and e.value <> ''
    ))))::varchar, '{}') end as custom_fields,
    coalesce(r.IsDeleted = 'true' or r.MasterRecordId <> '', false) as is_deleted,
    case when r.IsDeleted = 'true' or r.MasterRecordId <> '' then source_updated_at end as deleted_at,
    case when r.MasterRecordId <> '' then 'merged' when r.IsDeleted = 'true' then 'deleted' end as delete_cause
from record
