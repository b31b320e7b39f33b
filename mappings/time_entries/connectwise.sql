-- ConnectWise time/entries. Billable hours are what was worked less what was deducted, where the entry may be billed.
select
    r.id as source_id,
    'TimeEntry' as entry_type,
    case
        when r.chargeToType in ('ServiceTicket', 'ProjectTicket')
            then 'connectwise:' || coalesce(r.ticket.id, r.chargeToId)
    end as ticket_key,
    r.chargeToType as charge_to_type,
    r.chargeToId as charge_to_id,
    r.ticket.summary as ticket_title,
    r.project.name as project,
    r.phase.name as phase,
    'connectwise:' || r.company.id as company_key,
    r.company.name as company_name,
    r.member.id as member_id,
    r.member.identifier as member_login,
    r.member.name as member_name,
    r.workType.name as work_type,
    r.workRole.name as work_role,
    r.agreement.id as agreement_id,
    r.agreement.name as agreement,
    r.locationId as location_id,
    r.businessUnitId as business_unit_id,
    r.timeStart as started_at,
    r.timeEnd as ended_at,
    left(r.timeStart, 10) as work_date,
    r.actualHours as hours_actual,
    r.hoursDeduct as hours_deducted,
    case
        when r.billableOption = 'Billable'
            then try_cast(r.actualHours as double) - coalesce(try_cast(r.hoursDeduct as double), 0)
        when r.billableOption is not null then 0
    end as hours_billable,
    r.hoursBilled as hours_billed,
    r.invoiceHours as hours_invoiced,
    r.agreementHours as hours_agreement,
    r.billableOption as billable_option,
    r.billableOption = 'Billable' as is_billable,
    r.hourlyRate as hourly_rate,
    r.hourlyCost as hourly_cost,
    r.agreementAmount as amount_agreement,
    r.invoice.id as invoice_id,
    r.invoice.identifier as invoice,
    case
        when r.status in ('Open', 'ErrorsCorrected') then 'open'
        when r.status in ('PendingApproval', 'PendingProjectApproval') then 'submitted'
        when r.status in ('ApprovedByTierOne', 'ApprovedByTierTwo', 'ReadyToBill') then 'approved'
        when r.status in ('Rejected', 'RejectBySecondTier') then 'rejected'
        when r.status in ('Billed', 'BilledAgreement', 'WrittenOff') then 'billed'
        else 'other'
    end as status,
    r.status as status_raw,
    r.timeSheet.id as time_sheet_id,
    r.timeSheet.name as time_sheet,
    r.notes as notes,
    r.internalNotes as internal_notes,
    r.addToDetailDescriptionFlag as in_description,
    r.addToInternalAnalysisFlag as in_internal_analysis,
    r.addToResolutionFlag as in_resolution,
    r.emailResourceFlag as email_resource,
    r.emailContactFlag as email_contact,
    r.emailCcFlag as email_cc,
    r.dateEntered as created_at_source,
    r.enteredBy as created_by,
    r._info.updatedBy as updated_by,
    nullif(r.customFields, '[]') as custom_fields
from record
