-- ServiceNow core_company. It has no status of its own: what stands there is active.
select
    r.sys_id as source_id,
    nullif(r.name, '') as name,
    'active' as status,
    list_filter([
        case when r.customer = 'true' then 'client' end,
        case when r.vendor = 'true' then 'vendor' end,
        case when r.primary = 'true' then 'owner' end,
        case when r.manufacturer = 'true' then 'other' end
    ], lambda t: t is not null) as company_types,
    nullif(concat_ws(', ',
        case when r.customer = 'true' then 'customer' end,
        case when r.vendor = 'true' then 'vendor' end,
        case when r.primary = 'true' then 'primary' end,
        case when r.manufacturer = 'true' then 'manufacturer' end
    ), '') as types_raw,
    nullif(r.customer, '') as is_client,
    nullif(r.vendor, '') as is_vendor,
    'servicenow:' || nullif(r.parent, '') as parent_company_key,
    nullif(r.street, '') as address_line1,
    nullif(r.city, '') as city,
    nullif(r.state, '') as state,
    nullif(r.zip, '') as zip,
    nullif(r.country, '') as country,
    nullif(r.latitude, '') as latitude,
    nullif(r.longitude, '') as longitude,
    nullif(regexp_replace(r.phone, '[^0-9+]', '', 'g'), '') as phone,
    nullif(regexp_replace(r.fax_phone, '[^0-9+]', '', 'g'), '') as fax,
    nullif(r.website, '') as website,
    'servicenow:' || nullif(r.contact, '') as default_contact_key,
    case when r.publicly_traded = 'true' then 'public' when r.publicly_traded = 'false' then 'private' end as ownership,
    nullif(r.rank_tier, '') as rating,
    nullif(r.stock_symbol, '') as stock_symbol,
    nullif(r.revenue_per_year, '') as annual_revenue,
    nullif(r.market_cap, '') as market_cap,
    nullif(r.num_employees, '') as employees,
    nullif(r.notes, '') as description,
    nullif(r.sys_created_on, '') as created_at_source,
    nullif(r.sys_created_by, '') as created_by,
    nullif(r.sys_updated_by, '') as updated_by,
    case when contains(payload, '"u_') then nullif(to_json(map_from_entries(list_sort(list_filter(
        map_entries(json_transform(payload, '"MAP(VARCHAR, VARCHAR)"')),
        lambda e: starts_with(e.key, 'u_') and e.value <> ''
    ))))::varchar, '{}') end as custom_fields
from record
