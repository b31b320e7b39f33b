-- ConnectWise company/contacts. E-mail and phone stand only in communicationItems: the default one first.
select
    r.id as source_id,
    r.firstName as first_name,
    r.lastName as last_name,
    nullif(concat_ws(' ', r.firstName, r.lastName), '') as name,
    r.title as title,
    r.department.name as department,
    'connectwise:' || r.company.id as company_key,
    r.company.name as company_name,
    r.site.name as site,
    r.companyLocation.name as company_location,
    'connectwise:' || r.managerContactId as manager_contact_key,
    email(coalesce(
        list_filter(r.communicationItems, lambda i: i.communicationType = 'Email' and i.defaultFlag = 'true')[1].value,
        list_filter(r.communicationItems, lambda i: i.communicationType = 'Email')[1].value
    )) as email,
    list_transform(
        list_filter(r.communicationItems, lambda i: i.communicationType = 'Email'), lambda i: email(i.value)
    ) as emails,
    phone(coalesce(
        list_filter(r.communicationItems, lambda i: i.communicationType = 'Phone' and i.defaultFlag = 'true')[1].value,
        list_filter(r.communicationItems, lambda i: i.communicationType = 'Phone')[1].value,
        r.defaultPhoneNbr
    )) as phone,
    phone(list_filter(
        r.communicationItems, lambda i: i.communicationType = 'Phone' and lower(i.type.name) in ('mobile', 'cell')
    )[1].value) as mobile,
    phone(list_filter(r.communicationItems, lambda i: i.communicationType = 'Fax')[1].value) as fax,
    list_transform(
        list_filter(r.communicationItems, lambda i: i.communicationType = 'Phone'), lambda i: phone(i.value)
    ) as phones,
    r.defaultPhoneType as default_phone_type,
    r.inactiveFlag = 'false' as is_active,
    r.defaultFlag as is_default,
    r.defaultBillingFlag as is_billing_default,
    r.marriedFlag as is_married,
    r.childrenFlag as has_children,
    r.disablePortalLoginFlag as portal_disabled,
    r.unsubscribeFlag as is_unsubscribed,
    left(r.birthDay, 10) as birth_date,
    nullif(array_to_string(list_transform(r.types, lambda t: t.name), ', '), '') as contact_types,
    r._info.dateEntered as created_at_source,
    r._info.enteredBy as created_by,
    r._info.updatedBy as updated_by,
    nullif(r.customFields, '[]') as custom_fields
from record
