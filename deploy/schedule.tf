# Calls at fixed times: a nightly selection, a daily report, and a direct request. The platform invokes the function
# detached, with the body as it stands here.

locals {
  # What selection and report are about: the tag, and the types that the function may back up. Without a tag the function
  # takes BACKUP_TAG. No compartment is named: it is found what the policies reach, which is volumes_compartment_ocid.
  selected = merge(
    { for field, text in { tag = var.selection_tag, value = var.selection_value } : field => text if text != "" },
    { resourceTypes = concat(
      ["volume"],
      var.allow_boot_volumes ? ["bootvolume"] : [],
      var.allow_volume_groups ? ["volumegroup"] : [],
    ) },
  )

  calls = { for name, call in {
    selection = { cron = var.selection_cron, body = jsonencode({ select = local.selected }) }
    report    = { cron = var.report_cron, body = jsonencode({ report = merge(local.selected, { maxAgeHours = var.report_max_age_hours }) }) }
    request   = { cron = var.schedule_cron, body = jsonencode({ volumeId = var.schedule_volume_ocid }) }
  } : name => call if call.cron != "" }

  # Every day of every month, at one time at least.
  is_called_daily = anytrue([for call in local.calls : can(regex("^\\S+ \\S+ \\* \\* \\*$", call.cron))])
}

resource "oci_resource_scheduler_schedule" "calls" {
  for_each           = local.calls
  compartment_id     = var.compartment_ocid
  display_name       = "${local.name}-${each.key}"
  action             = "START_RESOURCE"
  recurrence_type    = "CRON"
  recurrence_details = each.value.cron

  resources {
    id = oci_functions_function.create_volume_backup.id

    parameters {
      parameter_type = "BODY"
      value          = [each.value.body]
    }
  }

  lifecycle {
    precondition {
      condition     = each.key != "request" || startswith(var.schedule_volume_ocid, "ocid1.")
      error_message = "schedule_cron needs schedule_volume_ocid."
    }
  }
}
