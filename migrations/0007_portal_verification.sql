ALTER TABLE "portals" ADD COLUMN "verified_at" timestamp with time zone;--> statement-breakpoint
-- HubSpot named the account of each grant itself. Across tenants, which the owner alone may not.
SET LOCAL ROLE sluice_system;--> statement-breakpoint
UPDATE portals SET verified_at = installed_at WHERE auth = 'oauth';--> statement-breakpoint
RESET ROLE;
