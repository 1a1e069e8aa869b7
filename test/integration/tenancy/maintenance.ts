/* What the worker alone may execute: to look for work across tenants, and to remove rows and partitions. */

/** As `sluice_system`, which looks across tenants. */
export const MAINTENANCE_ACROSS_TENANTS = [
  'audit_chains_to_sign',
  'day_limits_due',
  'default_partition_time',
  'fill_daily_partition',
  'forget_audit_heads',
  'forget_budget_rings',
  'forget_budget_slots',
  'forget_call_counts',
  'forget_dead_letters',
  'forget_discarded',
  'forget_execution_keys',
  'forget_idempotency_keys',
  'forget_install_links',
  'forget_mappings',
  'forget_mirrors',
  'forget_notices',
  'forget_outbox_attempts',
  'forget_outbox_redriven',
  'forget_outbox_keys',
  'forget_outbox_ledger',
  'forget_packs',
  'forget_redrives',
  'lanes_to_replan',
  'notices_to_deliver',
  'orphan_lanes',
  'outbox_assign_strays',
  'outbox_portals_to_end',
  'outbox_portals_to_start',
  'outbox_redrives_to_start',
  'packs_asleep',
  'packs_left_over',
  'packs_to_start',
  'portals_left_behind',
  'suspensions_due',
  'sync_due',
  'tidy_lanes',
];

/** As the owner of the tables: partitions, and sequences that are lifted. */
export const MAINTENANCE_OF_THE_OWNER = [
  'adopt_installation',
  'attach_daily_partition',
  'drop_daily_partition',
  'make_daily_partition',
];
