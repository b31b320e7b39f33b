-- Salesforce Account. Its standing is told by its type: an account without one is active.
select
    r.Id as source_id,
    nullif(r.AccountNumber, '') as identifier,
    nullif(r.Name, '') as name,
    case
        when lower(trim(r.Type)) like 'prospect%' or lower(trim(r.Type)) = 'lead' then 'prospect'
        when lower(trim(r.Type)) like 'former%' then 'inactive'
        when coalesce(trim(r.Type), '') = ''
            or lower(trim(r.Type)) like 'customer%' or lower(trim(r.Type)) like '%partner%'
            or lower(trim(r.Type)) in ('client', 'vendor', 'supplier', 'owner') then 'active'
        else 'other'
    end as status,
    nullif(r.Type, '') as status_raw,
    case when r.Type <> '' then [case
        when lower(trim(r.Type)) like 'customer%' or lower(trim(r.Type)) = 'client' then 'client'
        when lower(trim(r.Type)) like 'prospect%' or lower(trim(r.Type)) = 'lead' then 'prospect'
        when lower(trim(r.Type)) in ('vendor', 'supplier') then 'vendor'
        when lower(trim(r.Type)) like 'former%' then 'former_client'
        when lower(trim(r.Type)) like '%partner%' then 'partner'
        when lower(trim(r.Type)) = 'owner' then 'owner'
        else 'other'
    end] end as company_types,
    nullif(r.Type, '') as types_raw,
    coalesce(lower(trim(r.Type)) like 'customer%' or lower(trim(r.Type)) = 'client', false) as is_client,
    coalesce(lower(trim(r.Type)) in ('vendor', 'supplier'), false) as is_vendor,
    'salesforce:' || nullif(r.ParentId, '') as parent_company_key,
    nullif(r.BillingStreet, '') as address_line1,
    nullif(r.BillingCity, '') as city,
    nullif(r.BillingState, '') as state,
    nullif(r.BillingPostalCode, '') as zip,
    nullif(r.BillingCountry, '') as country,
    nullif(r.BillingLatitude, '') as latitude,
    nullif(r.BillingLongitude, '') as longitude,
    nullif(concat_ws(', ', nullif(r.ShippingStreet, ''), nullif(r.ShippingCity, ''), nullif(r.ShippingState, ''),
        nullif(r.ShippingPostalCode, ''), nullif(r.ShippingCountry, '')), '') as shipping_address,
    phone(r.Phone) as phone,
    phone(r.Fax) as fax,
    nullif(r.Website, '') as website,
    nullif(r.Industry, '') as market,
    nullif(r.Sic, '') as industry_code,
    nullif(r.OwnerId, '') as owner_id,
    nullif(r.AccountNumber, '') as account_number,
    nullif(r.Ownership, '') as ownership,
    nullif(r.Rating, '') as rating,
    nullif(r.AnnualRevenue, '') as annual_revenue,
    nullif(r.NumberOfEmployees, '') as employees,
    nullif(r.LastActivityDate, '') as last_activity_on,
    nullif(r.Description, '') as description,
    nullif(r.AccountSource, '') as origin,
    'salesforce:' || nullif(r.MasterRecordId, '') as merged_into_key,
    nullif(r.CreatedDate, '') as created_at_source,
    nullif(r.CreatedById, '') as created_by,
    nullif(r.LastModifiedById, '') as updated_by,
    custom_fields,
    coalesce(r.IsDeleted = 'true' or r.MasterRecordId <> '', false) as is_deleted,
    case when r.IsDeleted = 'true' or r.MasterRecordId <> '' then source_updated_at end as deleted_at,
    case when r.MasterRecordId <> '' then 'merged' when r.IsDeleted = 'true' then 'deleted' end as delete_cause
from record
