# Topics: results for programs, alerts for people, alarms that set the function off, and deliveries that could not be
# carried out.

resource "oci_ons_notification_topic" "results" {
  compartment_id = var.compartment_ocid
  name           = "${local.name}-results"
  description    = "CloudEvents about backups: accepted, available, faulty, failed."
}

resource "oci_ons_subscription" "https" {
  count          = var.notification_url == "" ? 0 : 1
  compartment_id = var.compartment_ocid
  topic_id       = oci_ons_notification_topic.results.id
  protocol       = "CUSTOM_HTTPS"
  endpoint       = var.notification_url
}

# Plain text, and only what needs a person; and the alarms about the function.
resource "oci_ons_notification_topic" "alerts" {
  compartment_id = var.compartment_ocid
  name           = "${local.name}-alerts"
  description    = "Mails about backups that need a person: failed, faulty, asked for but not made."
}

resource "oci_ons_subscription" "email" {
  count          = var.notification_email == "" ? 0 : 1
  compartment_id = var.compartment_ocid
  topic_id       = oci_ons_notification_topic.alerts.id
  protocol       = "EMAIL"
  endpoint       = var.notification_email
}

# Name this topic as an alarm's destination, and the alarm backs up what it is about.
resource "oci_ons_notification_topic" "alarms" {
  compartment_id = var.compartment_ocid
  name           = "${local.name}-alarms"
  description    = "Alarms whose resources are backed up when they fire."
}

resource "oci_ons_subscription" "function" {
  compartment_id = var.compartment_ocid
  topic_id       = oci_ons_notification_topic.alarms.id
  protocol       = "ORACLE_FUNCTIONS"
  endpoint       = oci_functions_function.create_volume_backup.id
}

resource "oci_ons_notification_topic" "failures" {
  count          = var.create_failure_destination ? 1 : 0
  compartment_id = var.compartment_ocid
  name           = "${local.name}-failures"
  description    = "Detached invocations, those by schedules above all, that the function could not carry out."

  # Switched off, the function lets go of the topic before the topic goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "oci_ons_subscription" "failures_email" {
  count          = var.create_failure_destination && var.notification_email != "" ? 1 : 0
  compartment_id = var.compartment_ocid
  topic_id       = oci_ons_notification_topic.failures[0].id
  protocol       = "EMAIL"
  endpoint       = var.notification_email
}
