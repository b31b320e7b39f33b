-- ConnectWise company/companies. A company in the recycle bin still comes, with deletedFlag: a tombstone.
select
    r.id as source_id,
    r.identifier as identifier,
    r.name as name,
    case
        when lower(r.status.name) = 'active' then 'active'
        when lower(r.status.name) in ('inactive', 'delinquent', 'imported') then 'inactive'
        when lower(r.status.name) in ('not approved', 'prospect') then 'prospect'
        when lower(r.status.name) in ('credit hold', 'on hold') then 'on_hold'
        else 'other'
    end as status,
    r.status.name as status_raw,
    list_distinct(list_transform(r.types, lambda t: case
        when lower(t.name) in ('client', 'customer') then 'client'
        when lower(t.name) in ('prospect', 'lead') then 'prospect'
        when lower(t.name) in ('vendor', 'supplier') then 'vendor'
        when lower(t.name) in ('former client', 'former customer') then 'former_client'
        when lower(t.name) = 'partner' then 'partner'
        when lower(t.name) = 'owner' then 'owner'
        else 'other'
    end)) as company_types,
    array_to_string(list_transform(r.types, lambda t: t.name), ', ') as types_raw,
    len(list_filter(r.types, lambda t: lower(t.name) in ('client', 'customer'))) > 0 as is_client,
    r.isVendorFlag as is_vendor,
    r.leadFlag as is_lead,
    'connectwise:' || r.parentCompany.id as parent_company_key,
    'connectwise:' || r.billToCompany.id as bill_to_company_key,
    r.addressLine1 as address_line1,
    r.addressLine2 as address_line2,
    r.city as city,
    r.state as state,
    r.zip as zip,
    r.country.name as country,
    phone(r.phoneNumber) as phone,
    phone(r.faxNumber) as fax,
    nullif(r.website, '') as website,
    r.territory.name as territory,
    r.market.name as market,
    r.site.name as site,
    r.timeZoneSetup.name as time_zone,
    'connectwise:' || r.defaultContact.id as default_contact_key,
    nullif(r.accountNumber, '') as account_number,
    r.taxCode.name as tax_code,
    r.billingTerms.name as billing_terms,
    r.invoiceDeliveryMethod.name as invoice_delivery,
    r.annualRevenue as annual_revenue,
    r.numberOfEmployees as employees,
    r.dateAcquired as acquired_at,
    r.unsubscribeFlag as is_unsubscribed,
    r.leadSource as origin,
    r._info.dateEntered as created_at_source,
    r._info.enteredBy as created_by,
    r._info.updatedBy as updated_by,
    nullif(r.customFields, '[]') as custom_fields,
    coalesce(r.deletedFlag = 'true', false) as is_deleted,
    case when r.deletedFlag = 'true' then coalesce(r.dateDeleted, r._info.lastUpdated) end as deleted_at,
    case when r.deletedFlag = 'true' then 'deleted' end as delete_cause
from record
