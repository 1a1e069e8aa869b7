CREATE TABLE "portal_suspensions" (
	"portal_id" bigint PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"reason" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"refused_at" timestamp with time zone NOT NULL,
	"suspended_until" timestamp with time zone NOT NULL,
	"refusals" smallint NOT NULL,
	"token_version" integer NOT NULL
);
