# A direct request at fixed times. The platform invokes the function detached, with this body.

resource "oci_resource_scheduler_schedule" "backup" {
  count              = var.schedule_cron == "" ? 0 : 1
  compartment_id     = var.compartment_ocid
  display_name       = "${local.name}-schedule"
  action             = "START_RESOURCE"
  recurrence_type    = "CRON"
  recurrence_details = var.schedule_cron

  resources {
    id = oci_functions_function.create_volume_backup.id

    parameters {
      parameter_type = "BODY"
      value          = [jsonencode({ volumeId = var.schedule_volume_ocid })]
    }
  }

  lifecycle {
    precondition {
      condition     = startswith(var.schedule_volume_ocid, "ocid1.")
      error_message = "schedule_cron needs schedule_volume_ocid."
    }
  }
}
