# The application, the function with its configuration, and the log of its invocations.

locals {
  configuration = {
    TOPIC_ID             = join(",", concat([oci_ons_notification_topic.results.id], var.additional_topic_ids))
    BACKUP_TAG           = var.backup_tag
    BACKUP_TYPE          = var.backup_type
    EVENT_TYPES          = join(",", var.event_types)
    ALARM_TYPES          = join(",", var.alarm_types)
    ALARM_SELECT_TAG     = var.alarm_select_tag
    REQUIRE_TAG          = tostring(var.require_tag)
    MIN_INTERVAL_MINUTES = tostring(var.min_interval_minutes)
    KMS_KEY_ID           = var.kms_key_id
    RETENTION_DAYS       = var.retention_days == 0 ? "" : tostring(var.retention_days)
    ALERT_TOPIC_ID       = join(",", concat([oci_ons_notification_topic.alerts.id], var.additional_alert_topic_ids))
    WORK_QUEUE_ID        = local.work_queue_id
    GIVE_UP_HOURS        = var.create_queue ? tostring(var.give_up_hours) : ""
    COPY_TO_REGION       = var.copy_to_region
    COPY_KMS_KEY_ID      = var.copy_kms_key_id
    DRY_RUN              = tostring(var.dry_run)
    MAX_CONCURRENCY      = tostring(var.max_concurrency)
    LOG_LEVEL            = var.log_level
    OCI_ENDPOINT         = var.oci_endpoint
  }
}

resource "oci_functions_application" "backups" {
  compartment_id = var.compartment_ocid
  display_name   = local.name
  subnet_ids     = [local.subnet_id]
}

resource "oci_functions_function" "create_volume_backup" {
  application_id     = oci_functions_application.backups.id
  display_name       = "create-volume-backup"
  image              = var.image
  memory_in_mbs      = 256
  timeout_in_seconds = 300

  # A key that is empty is left out, which counts as not set.
  config = { for key, value in local.configuration : key => value if value != "" }

  # Always there: left out, it would mean "as it is", and the function would go on pointing to a topic that is gone.
  failure_destination {
    kind     = var.create_failure_destination ? "NOTIFICATION" : "NONE"
    topic_id = one(oci_ons_notification_topic.failures[*].id)
  }

  lifecycle {
    precondition {
      condition     = var.copy_kms_key_id == "" || var.copy_to_region != ""
      error_message = "copy_kms_key_id is a key of the region that copy_to_region names."
    }
    precondition {
      condition     = !(local.make_network && anytrue([for id in concat(var.additional_topic_ids, var.additional_alert_topic_ids) : startswith(id, "arn:")]))
      error_message = "The network that this stack makes reaches Oracle's services only: topics of Amazon SNS need subnet_ocid, a subnet that reaches the internet."
    }
  }
}

resource "oci_logging_log_group" "backups" {
  compartment_id = var.compartment_ocid
  display_name   = local.name
}

resource "oci_logging_log" "invocations" {
  display_name       = "${local.name}-invocations"
  log_group_id       = oci_logging_log_group.backups.id
  log_type           = "SERVICE"
  is_enabled         = true
  retention_duration = 30

  configuration {
    source {
      category    = "invoke"
      resource    = oci_functions_application.backups.id
      service     = "functions"
      source_type = "OCISERVICE"
    }
  }
}
