output "function_id" {
  description = "The function. Try: oci fn function invoke --function-id <this> --file - --body '{\"volumeId\": \"<OCID>\", \"dryRun\": true}'"
  value       = oci_functions_function.create_volume_backup.id
}

output "result_topic_id" {
  description = "Where results are told to programs, as CloudEvents."
  value       = oci_ons_notification_topic.results.id
}

output "alert_topic_id" {
  description = "Where people are told in plain words what needs them. Subscribe whoever is on call."
  value       = oci_ons_notification_topic.alerts.id
}

output "alarm_topic_id" {
  description = "Name this topic as the destination of your alarms, and what they are about is backed up when they fire."
  value       = oci_ons_notification_topic.alarms.id
}

output "try_a_tag" {
  description = "Set the tag on a volume, and watch the result topic."
  value       = "oci bv volume update --volume-id <OCID> --freeform-tags '{\"${var.backup_tag}\": \"full\"}'"
}

output "try_the_selection" {
  description = "What the nightly selection would back up now; nothing is changed."
  value       = "oci fn function invoke --function-id ${oci_functions_function.create_volume_backup.id} --file - --body '${jsonencode({ select = local.selected, dryRun = true })}'"
}

output "look_at_the_log" {
  description = "The function's log lines of the last hour."
  value       = "oci logging-search search-logs --search-query 'search \"${var.compartment_ocid}/${oci_logging_log_group.backups.id}\" | sort by datetime desc' --time-start $(date -u -d '-1 hour' +%FT%TZ) --time-end $(date -u +%FT%TZ)"
}

output "policy_statements" {
  description = "What the function may do."
  value       = concat(local.statements, local.tenancy_statements)
}
