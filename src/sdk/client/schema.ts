/* Made by `npm run openapi`. */

/** The operations of the API, by path and method. */
export interface paths {
    "/api/attention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what needs somebody
         * @description The most urgent first. What is wrong of the service itself is here as `/readyz` says it. A key sees what its scopes let it see.
         *
         *     Needs a key with the scope throttle:read or portals:read or outbox or audit:read or crm.
         */
        get: operations["listAttention"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Say whether all is well, and what flows
         * @description Needs a key with the scope throttle:read or portals:read or outbox or audit:read or crm.
         */
        get: operations["showStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find a thing by its id, whichever kind of id it is
         * @description Exact matches alone: the number of a portal; the id or key of a lane, its queue, its workflow at HubSpot; the id of an execution, its callback, its record, its Temporal workflow; the id or key of an event, a record that it made; the id of a registration, the `Idempotency-Key` of its request; HubSpot's correlation id of a request that failed; the id of a redrive, a notice, an API key. The `X-Request-Id` of a request to this API is in its log. A key sees what its scopes let it see.
         *
         *     Needs a key with the scope throttle:read or portals:read or outbox or audit:read or crm.
         */
        get: operations["search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/lanes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List lanes
         * @description Needs a key with the scope throttle:read.
         */
        get: operations["listLanes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/lanes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a lane
         * @description Needs a key with the scope throttle:read.
         */
        get: operations["showLane"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change the rate, a pause or the settings of a lane
         * @description What is not named stays as it is. `rate: null` takes the own rate away. A new rate holds at once for all that wait.
         *
         *     Needs a key with the scope throttle:write.
         */
        patch: operations["changeLane"];
        trace?: never;
    };
    "/api/lanes/{id}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End all executions that wait in a lane now
         * @description `cancelled` completes each with FAIL_CONTINUE and `sluice_status=cancelled`. `released` completes each as released at once, outside of the window: only an explicit order overrides the rate.
         *
         *     Needs a key with the scope throttle:write.
         */
        post: operations["drainLane"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/executions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List executions, the newest first
         * @description Needs a key with the scope throttle:read.
         */
        get: operations["listExecutions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/executions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show an execution, and when its turn comes
         * @description Of one that was rejected `payload` says how long its body was. `payload=true` shows the body, which may hold anything: it needs the scope admin.
         *
         *     Needs a key with the scope throttle:read.
         */
        get: operations["showExecution"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/executions/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel an execution that waits
         * @description Needs a key with the scope throttle:write.
         */
        post: operations["cancelExecution"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/executions/{id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move an execution that waits to the head of its lane
         * @description It takes the next place of the window. The rate is not overridden.
         *
         *     Needs a key with the scope throttle:write.
         */
        post: operations["releaseExecution"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/executions/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an execution again that is failed or gone
         * @description At the end of its lane, in a workflow of its own.
         *
         *     Needs a key with the scope throttle:write.
         */
        post: operations["retryExecution"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the rates of actions
         * @description Needs a key with the scope throttle:read.
         */
        get: operations["listActionRates"];
        put?: never;
        /**
         * Set the rate of an action in a portal
         * @description It holds at once for all that wait. `portal_id` may be left out where there is one portal.
         *
         *     Needs a key with the scope throttle:write.
         */
        post: operations["setActionRate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/config/{portal_id}/{action_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the rate of an action in a portal
         * @description Needs a key with the scope throttle:read.
         */
        get: operations["showActionRate"];
        put?: never;
        post?: never;
        /**
         * Delete the rate of an action in a portal
         * @description Its lanes get the rate of the steps' own fields, or the default one.
         *
         *     Needs a key with the scope throttle:write.
         */
        delete: operations["deleteActionRate"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the workflow actions that `sluice.config.ts` defines
         * @description Needs a key with the scope throttle:read.
         */
        get: operations["listActions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/actions/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List runs of actions, the newest first
         * @description Needs a key with the scope throttle:read.
         */
        get: operations["listActionRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/actions/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a run
         * @description `data=true` shows what it was called with, its outputs and what its handler threw, which may hold anything: it needs the scope admin.
         *
         *     Needs a key with the scope throttle:read.
         */
        get: operations["showActionRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/actions/runs/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a run again that failed
         * @description For an hour. Where the record has gone on already, nothing changes at HubSpot; what `once` has done is not done again.
         *
         *     Needs a key with the scope throttle:write.
         */
        post: operations["retryActionRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/actions/runs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a run whose handler has not ended
         * @description The record goes on as failed, with `errorCode` `cancelled`. A handler that runs is told by `signal`.
         *
         *     Needs a key with the scope throttle:write.
         */
        post: operations["cancelActionRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/portals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List portals
         * @description Needs a key with the scope portals:read or throttle:read.
         */
        get: operations["listPortals"];
        put?: never;
        /**
         * Connect a portal by an access token, or give a connected one another token
         * @description HubSpot is asked first whose token it is, and its time zone is taken over; where it refuses the token or cannot be asked, nothing is stored. The token is sealed, and never shown again. A portal that another workspace holds is not given to whoever has its token: there the way is an install, by a link.
         *
         *     Needs a key with the scope portals:write.
         */
        post: operations["connectPortal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/portals/{portalId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a portal
         * @description Needs a key with the scope portals:read or throttle:read.
         */
        get: operations["showPortal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/portals/{portalId}/budget": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show what a portal uses of HubSpot's limits
         * @description `used` of a bucket (`ring`) counts calls whose answer is less than an interval old, those under way, and what others were seen to use. `errors.waiting` are the priorities that are held back until the portal's day ends or the share of errors falls.
         *
         *     Needs a key with the scope portals:read or throttle:read.
         */
        get: operations["showPortalBudget"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/portals/{portalId}/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what was sent to HubSpot for a portal
         * @description Of the last days (`REQUEST_LOG_DAYS`). A line is there about a second after its request; bodies are not kept.
         *
         *     Needs a key with the scope portals:read or throttle:read.
         */
        get: operations["listPortalRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/portals/{portalId}/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show what a portal has set for actions
         * @description The fields are those of the `settings` of all actions in `sluice.config.ts`. What is secret is told to be set, and never shown.
         *
         *     Needs a key with the scope portals:read.
         */
        get: operations["showActionSettings"];
        put?: never;
        post?: never;
        /**
         * Take all settings of a portal away
         * @description Disconnecting the portal does so as well.
         *
         *     Needs a key with the scope portals:write.
         */
        delete: operations["deleteActionSettings"];
        options?: never;
        head?: never;
        /**
         * Set what actions need of a portal
         * @description What is not named stays as it is. Handlers see it within ten seconds; runs that wait for it are tried again at their next try.
         *
         *     Needs a key with the scope portals:write.
         */
        patch: operations["changeActionSettings"];
        trace?: never;
    };
    "/api/integrations/hubspot/auth": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Make a link for an install, and go there
         * @description A browser that brings the key itself is redirected to the link. With `Accept: application/json` the link is answered: it has to be opened in the browser that goes to HubSpot, where its cookie is set.
         *
         *     Needs a key with the scope portals:write.
         */
        get: operations["beginInstall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/integrations/hubspot/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a link by which somebody installs the app
         * @description Without `portalId` any account is taken. Without `features` what the portal has switched on is kept, or the throttle switched on for a new one. What it has granted of `access` before is asked for again, since a grant replaces the one before. The link ends with the first install that is completed by it; until then it may be opened again.
         *
         *     Needs a key with the scope portals:write.
         */
        post: operations["createInstallLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/integrations/hubspot/claims": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take an account whose install was begun at HubSpot
         * @description By the claim code that its page showed to the person: makes the link by which they go on. A code is good for a day, and once.
         *
         *     Needs a key with the scope portals:write.
         */
        post: operations["claimPortal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/integrations/hubspot/start/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Open a link of an install
         * @description A page that names the workspace, the account that is expected and the scopes, and sets the cookie by which this browser is known. Nothing is stored yet.
         */
        get: operations["openInstallLink"];
        put?: never;
        /**
         * Go on to HubSpot's page
         * @description The button of the page, in the browser that has had it: for ten minutes HubSpot may send that browser back.
         */
        post: operations["consentToInstall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/integrations/hubspot/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Come back from HubSpot
         * @description HubSpot sends the browser here. Without a state of ours HubSpot began the install, and it leads on to a link, or to a page with a claim code.
         */
        get: operations["finishInstall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/integrations/hubspot/claim/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a claim code, until a workspace has claimed the account */
        get: operations["openClaim"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/integrations/hubspot/disconnect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to disconnect a portal
         * @description A workflow does the rest: what waits is ended, and the grant given back. Asked again, it names the same one. `portalId` may be left out where the workspace has one portal that is connected; with several 400 lists them.
         *
         *     Needs a key with the scope portals:write.
         */
        post: operations["disconnectPortal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/integrations/hubspot/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show all about a portal: its features, its token, what it cannot have
         * @description `portalId` may be left out where the workspace has one portal that is connected; with several 400 lists them.
         *
         *     Needs a key with the scope portals:read.
         */
        get: operations["showPortalSettings"];
        /**
         * Switch features of a portal on and off
         * @description What is switched on and lacks scopes works after the next install, which asks for them. `portalId` may be left out where the workspace has one portal that is connected; with several 400 lists them.
         *
         *     Needs a key with the scope portals:write.
         */
        put: operations["switchFeatures"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List events, the newest first, whatever became of them
         * @description Needs a key with the scope outbox.
         */
        get: operations["listEvents"];
        put?: never;
        /**
         * Capture an event, or up to 500
         * @description For applications that cannot reach the database. Events in any number are sent as `application/x-ndjson`, one a line, and are committed as they are read; the answer then counts lines. With an `Idempotency-Key` a repeat changes nothing.
         *
         *     Needs a key with the scope outbox.
         */
        post: operations["captureEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show an event with its payload, effects and tries
         * @description Needs a key with the scope outbox.
         */
        get: operations["showEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how the outbox stands
         * @description Needs a key with the scope outbox.
         */
        get: operations["showOutboxStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/portals/{portalId}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hold the deliveries of a portal
         * @description What is being sent is finished; events are captured all the same.
         *
         *     Needs a key with the scope outbox.
         */
        post: operations["pauseOutbox"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/portals/{portalId}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let the deliveries of a portal go on
         * @description Needs a key with the scope outbox.
         */
        post: operations["resumeOutbox"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List dead letters, the newest first, and how many of each kind there are
         * @description Needs a key with the scope outbox.
         */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/discards": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give dead letters up
         * @description They stay listed, with the reason. `preview: true` says which, and changes nothing.
         *
         *     Needs a key with the scope outbox.
         */
        post: operations["discardDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/redrives": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List redrives and replays, the newest first
         * @description Needs a key with the scope outbox.
         */
        get: operations["listRedrives"];
        put?: never;
        /**
         * Send dead letters again
         * @description `preview: true` says what it would cost and come to, and begins nothing.
         *
         *     Needs a key with the scope outbox.
         */
        post: operations["redriveDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send events that only ran dry
         * @description They were processed without sending (`HUBSPOT_SEND_LIVE=false`). `preview: true` begins nothing.
         *
         *     Needs a key with the scope outbox.
         */
        post: operations["replayDryRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/redrives/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how far a redrive is
         * @description Needs a key with the scope outbox.
         */
        get: operations["showRedrive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/redrives/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a redrive that runs
         * @description What had been moved by then stays on its way.
         *
         *     Needs a key with the scope outbox.
         */
        post: operations["cancelRedrive"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/mappings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List mappings, the newest version of each
         * @description Needs a key with the scope outbox.
         */
        get: operations["listMappings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/mappings/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a mapping
         * @description Needs a key with the scope outbox.
         */
        get: operations["showMapping"];
        /**
         * Set a mapping
         * @description A change is a new version. What a mapping may say stands in docs/outbox.md.
         *
         *     Needs a key with the scope outbox.
         */
        put: operations["setMapping"];
        post?: never;
        /**
         * Delete a mapping
         * @description Events that wait are still sent by the version with which they were captured.
         *
         *     Needs a key with the scope outbox.
         */
        delete: operations["deleteMapping"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/mappings/{name}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show what an event with this data would do
         * @description By the stored mapping, or by the one given. Nothing is stored, nothing sent.
         *
         *     Needs a key with the scope outbox.
         */
        post: operations["previewMapping"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List event types, with the schemas of their payloads
         * @description Needs a key with the scope outbox.
         */
        get: operations["listEventTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox/types/{type}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Say how events of a type run
         * @description `shadow`: they do everything but the sending. A mapping's events are of the type `generic:<name>`. For `live` the answer names portals that do not take the type as it is declared.
         *
         *     Needs a key with the scope outbox.
         */
        put: operations["setEventTypeMode"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync/{portalId}/types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the types of a portal that could be mirrored
         * @description Contacts, companies, deals, tickets, and each custom object that HubSpot told of last; whether each is mirrored, and which scope it lacks.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["listSyncTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what is mirrored
         * @description Needs a key with the scope crm.
         */
        get: operations["listSyncs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync/{portalId}/{objectType}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how the mirror of a type stands
         * @description Needs a key with the scope crm.
         */
        get: operations["showSync"];
        put?: never;
        /**
         * Start, pause, resume or read again the mirror of a type
         * @description `start` begins with all records of the type, and follows what changes from then on; where it is mirrored already, it goes on. Nothing of it is written after a `pause` was answered. `resync` reads records again beside what changes (`all`, those modified `since` a time, or those of these `ids`): what the mirror has right is left as it is. `cancel_resync` ends that. `release_deletes` tells of deletes that are held, `refuse_deletes` leaves those records in the mirror. `settle_erasures` says that a person has looked at the contacts of `erasuresUnsure`. `start` with `dryRun` says what the first load would come to, and starts nothing.
         *
         *     Needs a key with the scope crm.
         */
        post: operations["changeSync"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync-schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List portals that have a Schedule of their own
         * @description Needs a key with the scope crm.
         */
        get: operations["listPortalSchedules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync-schedules/{portalId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the Schedule of a portal
         * @description Needs a key with the scope crm.
         */
        get: operations["showPortalSchedule"];
        /**
         * Read a portal at times of its own
         * @description Its types are looked at by a Schedule of Temporal, `sluice-sync-portal-<portal>`, and no longer each minute: every `intervalMs`, or by a `calendar` of a `timeZone`. First loads, resyncs, passes and what failed go on as always.
         *
         *     Needs a key with the scope crm.
         */
        put: operations["setPortalSchedule"];
        post?: never;
        /**
         * Look at a portal each minute again
         * @description Needs a key with the scope crm.
         */
        delete: operations["deletePortalSchedule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync/{portalId}/{objectType}/passes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the passes over a type
         * @description Needs a key with the scope crm.
         */
        get: operations["listSyncPasses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync/{portalId}/{objectType}/passes/{pass}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run a pass over a type now
         * @description The next round begins within seconds, after the rounds of others that are due; one that is under way goes on. An audit is a call for each page of 100 records, at the lowest priority.
         *
         *     Needs a key with the scope crm.
         */
        post: operations["runSyncPass"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what webhooks have brought
         * @description The newest first, for three days. An event is a hint: the records that it names are read, so none of its values is kept.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["listWebhookEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/integrations/hubspot/webhooks/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say whether a call was signed by HubSpot
         * @description With the client secret of the app, for the code of yours that receives calls of HubSpot itself. v3 where its header is there, else v2 or v1, as the header of the version says; a wrong v3 is never made up for by an older one. Nothing is stored.
         *
         *     Needs a key with the scope crm.
         */
        post: operations["verifySignature"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/journal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how far HubSpot's webhooks journal is read
         * @description It is one for all portals with the app: its place is that of all, the numbers of types are those of the workspace.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["showWebhooksJournal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Say how webhooks stand for each mirrored type
         * @description What waits to be read, what has come, and what each source was the first to bring. What HubSpot has `missed` to tell of is an estimate, since one read may stand for several events. Counts of events are noted every two seconds.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["listWebhookTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/unread": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List records that webhooks named and that could not be read
         * @description Each was tried six times within some fifteen hours, while others of its type could be read. An event that names it again begins anew; else it is gone from here after seven days.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["listUnreadRecords"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have the records read once more that events of a time have named
         * @description A thousand events at a time, each time that has records read with its entry in the audit chain: ask again with `next` as `after`, until it is null. Events are kept for three days. `isFull`: as many records wait as may, and nothing was asked for; come again in some seconds with the same `after`.
         *
         *     Needs a key with the scope crm.
         */
        post: operations["replayWebhooks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/project": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the subscriptions that the app is to have, as a file of its project
         * @description For `webhooks-hsmeta.json` of the app's project: the types that the workspace mirrors in any portal, their creations, deletes, merges, restores and associations, and changes of the properties that are kept. `left`: so many properties have no place among the thousand subscriptions of an app; what changes in them alone is found by polling.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["showWebhookProject"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync/{portalId}/{objectType}/records/{recordId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain where the state of a record in the mirror came from
         * @description Names of properties and no values. The feed has no index by record: its 50,000 newest changes are looked through.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["explainRecord"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/integrations/hubspot/sync/contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mirror the contacts of a portal, or read at once what has changed
         * @description For programs that asked the former integration. `portalId`, in the query or the body, may be left out where the workspace has one connected portal.
         *
         *     Needs a key with the scope crm.
         */
        post: operations["syncContacts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/integrations/hubspot/sync/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how the mirror of a portal stands, in the words of the former integration
         * @description Needs a key with the scope crm.
         */
        get: operations["showSyncStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync/{portalId}/{objectType}/properties": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the properties of a mirrored type
         * @description As HubSpot defines them, by name; read once an hour. With `versions`, each version that was seen of each.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["listPropertyDefinitions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync/{portalId}/{objectType}/selection": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show which properties of a type are kept
         * @description Needs a key with the scope crm.
         */
        get: operations["showSelection"];
        /**
         * Choose which properties of a type are kept
         * @description What is kept since is read of the records that the mirror has already, and comes in the feed as `Updated` with `initial`. What is kept no more is taken out, and the feed says nothing of it.
         *
         *     Needs a key with the scope crm.
         */
        put: operations["selectProperties"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/owners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the owners of records
         * @description With those that are archived; read once an hour while a type of the portal is mirrored.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["listOwners"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/pipelines/{objectType}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the pipelines of a type, with their stages
         * @description Of deals, tickets and custom objects; read once an hour while the type is mirrored.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["listPipelines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/objects/{objectType}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the records of one type
         * @description Of the mirror, in the order of their ids unless `sort` says otherwise. `filter` and `sort` name declared properties (`GET /api/objects/{objectType}/declared`). A page may have fewer records than were asked for, and even none, and all the same a `next`: it looks at so many records at most. `portalId` may be left out where the workspace has one portal. What is mirrored, and how fresh it is: `GET /api/sync`.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["listRecords"];
        put?: never;
        /**
         * Make a record, or change the one that is there
         * @description With `idProperty` the record that has this value of it is changed; where there is none it is made. Without it one is made; a contact whose address HubSpot has already is answered as it stands (`existing`). What HubSpot cannot tell from a repeat is noted before it is sent: where no answer comes, the same request with the `Idempotency-Key` of the answer looks for it, and makes it only where it is not there.
         *
         *     Needs a key with the scope crm.
         */
        post: operations["createRecord"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/objects/{objectType}/{recordId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a record
         * @description The id of a record that was merged into another one leads to that one, whose `id` is answered.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["showRecord"];
        put?: never;
        post?: never;
        /**
         * Delete a record
         * @description At HubSpot, where it goes to the recycle bin for 90 days, and in the mirror. A record that is not there is answered the same.
         *
         *     Needs a key with the scope crm.
         */
        delete: operations["deleteRecord"];
        options?: never;
        head?: never;
        /**
         * Change a record
         * @description The properties that are named; the others stay. Changes that come at the same time share calls to HubSpot.
         *
         *     Needs a key with the scope crm.
         */
        patch: operations["updateRecord"];
        trace?: never;
    };
    "/api/objects/{objectType}/batch/upsert": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change up to 100 records, or make them
         * @description A result for each, in the order of `records`; one that is refused fails alone. With `idProperty`, `id` is the value of that property, and a record that is not there is made; without it, `id` is the id of a record that has to be there. The same record twice ends as the later one says.
         *
         *     Needs a key with the scope crm.
         */
        post: operations["upsertRecords"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/objects/{objectType}/{recordId}/associations/{toType}/{toId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Associate two records
         * @description Labels are added to those that the two have, and none is taken away. Without `labels` they are associated without one.
         *
         *     Needs a key with the scope crm.
         */
        put: operations["linkRecord"];
        post?: never;
        /**
         * End the association of two records
         * @description Or one label of it, with `category` and `typeId`. What is not there is answered the same.
         *
         *     Needs a key with the scope crm.
         */
        delete: operations["unlinkRecord"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/objects/{objectType}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All records of a type, as a stream
         * @description By their ids, as NDJSON (`application/x-ndjson`, a record as `GET /api/objects/{objectType}/{recordId}` has it in each line) or CSV (`text/csv`: `id`, `createdAt`, `modifiedAt` and `properties`; cells that a spreadsheet would run as a formula begin with an apostrophe). A stream that ends early has broken off: go on with `after`, the id of the last whole record. What is written meanwhile is in it where the stream has not yet come by. With `after` CSV has no row of names.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["exportRecords"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/objects/{objectType}/declared": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the properties by which records are found and sorted
         * @description Needs a key with the scope crm.
         */
        get: operations["listDeclaredProperties"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/objects/{objectType}/declared/{property}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Find and sort the records of a type by a property
         * @description Its values are kept from now on in the transactions that write records, and filled in for those that are there already. Without a `kind` it has that of the portal's definition; another one fills them in anew. At most 20 of a type.
         *
         *     Needs a key with the scope crm.
         */
        put: operations["declareProperty"];
        post?: never;
        /**
         * No longer find the records of a type by a property
         * @description Its values are removed in the background; the records stay as they are.
         *
         *     Needs a key with the scope crm.
         */
        delete: operations["undeclareProperty"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/objects/local": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A numbered page of records
         * @description For programs that asked the former integration. A page with more than 100000 records before it is refused: `GET /objects/local-cursor?limit=100&after=<id>` costs the same wherever it stands.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["showLocalRecords"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/objects/local-cursor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The records after one
         * @description For programs that asked the former integration: records by their ids, `next_after` is the `after` of the next call.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["showLocalRecordsAfter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/crm/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List registrations, the newest first
         * @description Needs a key with the scope crm.
         */
        get: operations["listRegistrations"];
        put?: never;
        /**
         * Write a contact with its deals and tickets
         * @description The contact is found by its address, also a further one, and changed; else it is made. Deals and tickets are made, and associated with it. All is checked against the properties and pipelines of the portal before anything is written.
         *
         *     Needs a key with the scope crm.
         */
        post: operations["registerContact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/crm/register/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how far a registration is
         * @description Needs a key with the scope crm.
         */
        get: operations["showRegistration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/crm/register/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Write what is left of a registration that failed
         * @description What is there is not written again. One that is under way is waited for.
         *
         *     Needs a key with the scope crm.
         */
        post: operations["resumeRegistration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/crm/objects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A page of HubSpot's own list of records
         * @description For programs that asked the former integration. Read from HubSpot at each request, with the priority of those who wait; `next_after` is the `after` of the next call. The records stand under the plural of their type: `contacts`, `deals`, or the id of a custom object. `GET /api/objects/{objectType}` answers from the mirror and costs HubSpot nothing.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["showRecordsAtHubSpot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read what changed in records
         * @description In the order in which changes were committed, those of a record in their own order; seven days back. Keep `next` and pass it as `after`: none is passed over, and none comes twice unless the database was restored (`restored`).
         *
         *     Needs a key with the scope crm.
         */
        get: operations["listChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sql-views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the views for SQL
         * @description Needs a key with the scope admin.
         */
        get: operations["listSqlViews"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sql-views/{portalId}/{objectType}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Make the view of a type for SQL
         * @description Of its live records, with a column for each property that HubSpot defines today, of its type; made anew where it is there. One that somebody keeps open stays as it is, and is made anew when they have ended. Who may read it is decided on the database: `npx sluice sql bind`.
         *
         *     Needs a key with the scope admin.
         */
        put: operations["makeSqlView"];
        post?: never;
        /**
         * Drop the view of a type
         * @description Needs a key with the scope admin.
         */
        delete: operations["dropSqlView"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stored/{objectType}/{recordId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show all that is stored of a record
         * @description In whichever table: the record, its changes, events and calls that name it by its addresses, its id, or a word of `also`. A page may have no items and be followed by others: go on until `next` is null.
         *
         *     Needs a key with the scope admin.
         */
        get: operations["listStored"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what was erased
         * @description The newest first. Of whom is not kept.
         *
         *     Needs a key with the scope admin.
         */
        get: operations["listErasures"];
        put?: never;
        /**
         * Erase a record, for good
         * @description It leaves the mirror at once, what HubSpot shows of it later is dropped, and the feed tells `Erased`. What else is stored of it is erased by the worker, within minutes. At HubSpot nothing is changed. `preview: true` says what would be looked for, and begins nothing.
         *
         *     Needs a key with the scope admin.
         */
        post: operations["eraseRecord"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/consumers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the consumers of the feed
         * @description Needs a key with the scope crm.
         */
        get: operations["listConsumers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/consumers/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a consumer of the feed, and how far it is
         * @description Needs a key with the scope crm.
         */
        get: operations["showConsumer"];
        /**
         * Make a consumer of the feed, or set what it wants
         * @description What is left out has its usual value; its position stays. A webhook without a secret gets one, which is in this answer and nowhere else.
         *
         *     Needs a key with the scope crm.
         */
        put: operations["setConsumer"];
        /**
         * Pause or resume a consumer, or set it to another place
         * @description `rewind` sets it to a `position`, or before the first change that was recorded at a `time`, within the 7 days that are kept; without either to what follows now.
         *
         *     Needs a key with the scope crm.
         */
        post: operations["changeConsumer"];
        /**
         * Delete a consumer of the feed
         * @description Its position and its dead letters go with it; the feed stays.
         *
         *     Needs a key with the scope crm.
         */
        delete: operations["deleteConsumer"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/consumers/{name}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that a consumer has all changes up to a position
         * @description The `next` of a page that was read for it. One that lies before what it has acknowledged changes nothing. One that is called acknowledges by its answers (400).
         *
         *     Needs a key with the scope crm.
         */
        post: operations["acknowledgeChanges"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/consumers/{name}/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the changes that a webhook has refused for good
         * @description And those of the same records that wait behind them, in the order of the feed.
         *
         *     Needs a key with the scope crm.
         */
        get: operations["listDeadChanges"];
        put?: never;
        /**
         * Send the dead letters of a consumer again, or remove them
         * @description Sent again they go in their order, before what follows of their records.
         *
         *     Needs a key with the scope crm.
         */
        post: operations["endDeadChanges"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workspace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the workspace of the key */
        get: operations["showWorkspace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change the workspace of the key
         * @description A `notifyUrl` that is set without a secret gets one, which is in this answer and nowhere else.
         *
         *     Needs a key with the scope admin.
         */
        patch: operations["changeWorkspace"];
        trace?: never;
    };
    "/api/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API keys, those that are over too
         * @description Needs a key with the scope admin.
         */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Make an API key
         * @description Needs a key with the scope admin.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show an API key
         * @description Needs a key with the scope admin.
         */
        get: operations["showApiKey"];
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description At once. The last key with the scope admin is refused.
         *
         *     Needs a key with the scope admin.
         */
        delete: operations["revokeApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a successor of an API key, and end the key after a while
         * @description With the scope admin, or by the key itself: its successor may do the same and lives no longer. The old key goes on for `graceSeconds`, a day when nothing is said.
         */
        post: operations["rotateApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List notices, the newest first
         * @description Needs a key with the scope portals:read.
         */
        get: operations["listNotices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notices/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a notice again
         * @description The next sweep delivers it, in whatever state it is.
         *
         *     Needs a key with the scope portals:write.
         */
        post: operations["resendNotice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the entries of the audit chain, the newest first
         * @description Needs a key with the scope audit:read.
         */
        get: operations["listAuditEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that nobody changed the audit chain
         * @description Reads all of it. One check at a time for a workspace.
         *
         *     Needs a key with the scope audit:read.
         */
        get: operations["verifyAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hubspot/action": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a record that has reached the action
         * @description Signed by HubSpot (v3, or v2) over `PUBLIC_URL` and the path. `callbackId` is required, and its portal, in `origin.portalId` or in the callback itself; the rest is read where it can be: what is null or of another kind counts as missing. Answered 200 after the commit alone. `Retry-After` is in milliseconds here: so HubSpot reads it for action calls.
         */
        post: operations["callAction"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hubspot/actions/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a record that has reached an action of your own
         * @description Signed as a call of the throttle is. Answered 200 after the commit alone; a repeat of its `callbackId` is answered by what became of the first. An action with `answer: inline` answers by its outputs within three seconds; where its handler fails or is late, 503. Fields that do not fit end the record as failed, with `errorCode` `invalid_input` and the name of the field.
         */
        post: operations["callDefinedAction"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hubspot/actions/{name}/options/{field}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What there is to choose in a field of an action of your own
         * @description Signed as a call of the action is, and answered within two seconds: by the function `options` of the field, whose pages are kept for a minute by all that it was asked with.
         */
        post: operations["fetchActionOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/hubspot/action/options/{field}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The queues of the portal, for the field `queue` of the throttle
         * @description Signed and kept as above. A name that is typed can be chosen, too: a queue begins with its first record.
         */
        post: operations["fetchQueues"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/integrations/hubspot/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take events of webhooks
         * @description Signed by HubSpot (v3 over `PUBLIC_URL` and the path, or v1 over the body). At most 100 events, of any portals. Answered 200 after the commit alone; an event that is sent again changes nothing. What of it is not understood is kept as it is.
         */
        post: operations["callWebhooks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Say what this is, and where things are */
        get: operations["showFront"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Say whether the process runs */
        get: operations["showLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Say whether work may be sent here, and if not, what to do */
        get: operations["showReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show this document as JSON */
        get: operations["showOpenApiJson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/openapi.yaml": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show this document as YAML */
        get: operations["showOpenApiYaml"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the API as a page, to read and to try; /api/docs is the same */
        get: operations["showApiPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the API as a page */
        get: operations["showApiPageBelowApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/assets/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a file of such a page */
        get: operations["showApiPageAsset"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/guide": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the index of the documents of this release */
        get: operations["showGuide"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/guide/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a document of this release */
        get: operations["showGuidePage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
/** What is asked and answered, by its name: `components['schemas']['Lane']`. */
export interface components {
    schemas: {
        /**
         * @description An id of ours
         * @example 17
         */
        Id: string;
        LaneChange: {
            rate?: components["schemas"]["Rate"] | null;
            spread?: boolean;
            paused?: boolean | {
                reason: string;
            };
            maxPerWorkflow?: number | null;
            /** @enum {string} */
            beyondBlock?: "refuse" | "hold";
        };
        /**
         * @description So many executions in any interval of this length
         * @example {
         *       "limit": 50,
         *       "intervalMs": 5000
         *     }
         */
        Rate: {
            limit: number;
            intervalMs: number;
        };
        Drain: {
            /** @enum {string} */
            as: "released" | "cancelled";
        };
        NewActionRate: {
            /**
             * @description HubSpot's number of a portal, as a number or as text
             * @example 41000009
             */
            portal_id?: number | string;
            /** @description The id of an action */
            action_id: string | number;
            max_throughput: string | number;
            time: string | number;
            /**
             * @description One of seconds, minutes, hours, days
             * @example seconds
             */
            period: string;
        };
        PortalConnection: {
            /**
             * @description HubSpot's number of a portal, as a number or as text
             * @example 41000009
             */
            portalId: number | string;
            accessToken: string;
            name?: string;
            /**
             * @description In which the account counts its days
             * @example Europe/Dublin
             */
            timeZone?: string;
        };
        ActionSettingsChange: {
            /** @description By the names of fields; null takes a value away */
            values: {
                [key: string]: string | number | boolean | null;
            };
        };
        NewInstallLink: {
            /**
             * @description HubSpot's number of a portal, as a number or as text
             * @example 41000009
             */
            portalId?: number | string;
            /** @description Where the browser goes in the end, of an origin in `INSTALL_RETURN_ORIGINS` */
            returnTo?: string;
            /** @description What the install switches on; only the scopes of these are asked for */
            features?: ("throttle" | "sync" | "events")[];
            /** @description What may be read beside that, where the account can grant it: `custom_objects`, and values that HubSpot calls `sensitive` or `highly_sensitive`. Added to what the portal has granted of it; the app has to declare these scopes as optional ones */
            access?: ("custom_objects" | "sensitive" | "highly_sensitive")[];
            /** @default 60 */
            validForMinutes?: number;
        };
        Claim: {
            code: string;
            /** @description What the install switches on; only the scopes of these are asked for */
            features?: ("throttle" | "sync" | "events")[];
            /** @description What may be read beside that, where the account can grant it: `custom_objects`, and values that HubSpot calls `sensitive` or `highly_sensitive`. Added to what the portal has granted of it; the app has to declare these scopes as optional ones */
            access?: ("custom_objects" | "sensitive" | "highly_sensitive")[];
        };
        ConsentForm: {
            proof: string;
        };
        Disconnect: {
            /**
             * @description HubSpot's number of a portal, as a number or as text
             * @example 41000009
             */
            portalId?: number | string;
            /**
             * @description Whether the app is removed from the HubSpot account, too
             * @default false
             */
            uninstall?: boolean;
        };
        FeatureSwitches: {
            throttle?: boolean;
            sync?: boolean;
            events?: boolean;
        };
        SingleEvent: {
            type: string;
            payload: unknown;
            key?: string;
            orderingKey?: string;
            /**
             * @description HubSpot's number of a portal, as a number or as text
             * @example 41000009
             */
            portalId?: number | string;
            /** Format: date-time */
            occurredAt?: string;
            version?: number;
            /** @default false */
            strict?: boolean;
        };
        EventBatch: {
            events: components["schemas"]["NewEvent"][];
            /** @default false */
            strict?: boolean;
        };
        NewEvent: {
            type: string;
            payload: unknown;
            key?: string;
            orderingKey?: string;
            /**
             * @description HubSpot's number of a portal, as a number or as text
             * @example 41000009
             */
            portalId?: number | string;
            /** Format: date-time */
            occurredAt?: string;
            version?: number;
        };
        OutboxPause: {
            /** @default null */
            reason?: string | null;
        };
        Discard: {
            filter: {
                ids?: components["schemas"]["Id"][];
                /**
                 * @description HubSpot's number of a portal, as a number or as text
                 * @example 41000009
                 */
                portalId?: number | string;
                type?: string;
                /** @enum {string} */
                state?: "dead" | "invalid";
                /** @enum {string} */
                errorClass?: "rate" | "transient" | "unknown" | "locked" | "migrating" | "auth" | "unclear" | "conflict" | "permanent" | "poison" | "invalid" | "disconnected" | "unclaimed";
                /** Format: date-time */
                since?: string;
            };
            reason: string;
            /** @default false */
            preview?: boolean;
        };
        NewRedrive: {
            filter?: components["schemas"]["DeadLetterFilter"];
            /** @description Events a second; default: a setting of the service */
            perSecond?: number;
            /** @default false */
            preview?: boolean;
        };
        DeadLetterFilter: {
            ids?: components["schemas"]["Id"][];
            /**
             * @description HubSpot's number of a portal, as a number or as text
             * @example 41000009
             */
            portalId?: number | string;
            type?: string;
            /** @enum {string} */
            state?: "dead" | "invalid" | "discarded";
            /** @enum {string} */
            errorClass?: "rate" | "transient" | "unknown" | "locked" | "migrating" | "auth" | "unclear" | "conflict" | "permanent" | "poison" | "invalid" | "disconnected" | "unclaimed";
            /** Format: date-time */
            since?: string;
        };
        NewReplay: {
            filter: {
                /** Format: date-time */
                since: string;
                /**
                 * @description HubSpot's number of a portal, as a number or as text
                 * @example 41000009
                 */
                portalId?: number | string;
                type?: string;
            };
            /** @description Events a second; default: a setting of the service */
            perSecond?: number;
            /** @default false */
            preview?: boolean;
        };
        MappingDocument: {
            [key: string]: unknown;
        };
        MappingPreview: {
            data: unknown;
            mapping?: unknown;
            /**
             * @description HubSpot's number of a portal, as a number or as text
             * @example 41000009
             */
            portalId?: number | string;
            /** Format: date-time */
            occurredAt?: string;
        };
        EventTypeMode: {
            /** @enum {string} */
            mode: "live" | "shadow";
        };
        SyncChange: {
            /** @enum {string} */
            action: "start" | "pause" | "resume" | "resync" | "cancel_resync" | "release_deletes" | "refuse_deletes" | "settle_erasures";
            /**
             * @description Of a start: says what the first load would come to, and starts nothing
             * @default false
             */
            dryRun?: boolean;
            /**
             * @description Of a pause, for whoever looks
             * @default null
             */
            reason?: string | null;
            /**
             * @description Of a resync: all records
             * @constant
             */
            all?: true;
            /**
             * Format: date-time
             * @description Of a resync: what was modified since then, by HubSpot's clock
             */
            since?: string;
            /** @description Of a resync: these records */
            ids?: components["schemas"]["RecordId"][];
            /** @description Of a start: associations with records of these types are read, and no others. Null: with all other types that are mirrored, as without it at first */
            associations?: string[] | null;
            /** @description Of a start: which properties are kept, as of `PUT …/selection`; a first load reads no others. Without it: as it is, all at first */
            properties?: components["schemas"]["PropertySelectionChange"];
        };
        /**
         * @description HubSpot's id of a record
         * @example 51
         */
        RecordId: string;
        PropertySelectionChange: {
            /** @enum {string} */
            mode: "all" | "include" | "exclude";
            names?: components["schemas"]["PropertyName"][];
        };
        /**
         * @description HubSpot's name of a property
         * @example lifecyclestage
         */
        PropertyName: string;
        PortalScheduleChange: {
            intervalMs?: number;
            /**
             * @description Five fields as cron has them, in numbers: minute, hour, day of the month, month, day of the week (0 is Sunday)
             * @example 0 2 * * 1-5
             */
            calendar?: string;
            /** @example Europe/Berlin */
            timeZone?: string;
        };
        /**
         * @description `contacts`, `companies`, `deals`, `tickets`, or HubSpot's id of a custom object
         * @example contacts
         */
        ObjectType: string;
        SignedCall: {
            method: string;
            /**
             * Format: uri
             * @description As HubSpot has called it: with scheme, host, path and query
             */
            url: string;
            /** @description In any letters; those of the signature are read */
            headers: {
                [key: string]: string | string[];
            };
            /** @description As it was received, not parsed and written again */
            body: string;
        };
        WebhookReplay: {
            /**
             * Format: date-time
             * @description Events that were received from then on
             */
            from: string;
            /**
             * Format: date-time
             * @description and before then
             */
            to: string;
            /**
             * @description HubSpot's number of a portal, as a number or as text
             * @example 41000009
             */
            portalId?: number | string;
            objectType?: components["schemas"]["ObjectType"];
            after?: components["schemas"]["ReplayCursor"];
            /**
             * @description Says how many it would be
             * @default false
             */
            dryRun?: boolean;
        };
        ReplayCursor: string;
        NewDeclaredProperty: {
            /**
             * @description `text`: by the numbers of its characters; `number`: as a number; `date`: as a moment. Text that is no number or no date has none
             * @enum {string}
             */
            kind?: "text" | "number" | "date";
        };
        NewRegistration: {
            /**
             * @description HubSpot's number of a portal, as a number or as text
             * @example 41000009
             */
            portalId?: number | string;
            contact: components["schemas"]["ContactSchema"];
            deals?: components["schemas"]["DealSchema"][];
            tickets?: components["schemas"]["TicketSchema"][];
            associations?: components["schemas"]["AskedAssociations"];
        };
        ContactSchema: {
            /** @example anna@example.com */
            email: string;
        } & {
            [key: string]: string | number | boolean | null | string[];
        };
        DealSchema: {
            /** @example Example deal */
            dealname: string;
            /** @example appointmentscheduled */
            dealstage: string;
            /** @description Yours: a later call with it changes the record, and makes none */
            external_id?: string;
        } & {
            [key: string]: string | number | boolean | null | string[];
        };
        TicketSchema: {
            /** @example Example ticket */
            subject: string;
            hs_pipeline_stage: string | number;
            /** @description Yours: a later call with it changes the record, and makes none */
            external_id?: string;
        } & {
            [key: string]: string | number | boolean | null | string[];
        };
        AskedAssociations: {
            "contact-deals"?: {
                /** @description Names or type ids: added to those that the two have */
                labels?: (string | number)[];
            };
            "contact-tickets"?: {
                /** @description Names or type ids: added to those that the two have */
                labels?: (string | number)[];
            };
            /** @description Each deal is associated with each ticket, too */
            "deals-tickets"?: {
                /** @description Names or type ids: added to those that the two have */
                labels?: (string | number)[];
            };
        };
        /** @example warehouse */
        ConsumerName: string;
        NewErasure: {
            /**
             * @description HubSpot's number of a portal, as a number or as text
             * @example 41000009
             */
            portalId?: number | string;
            /**
             * @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it
             * @example contacts
             */
            objectType: string;
            recordId: components["schemas"]["RecordId"];
            /**
             * @description What else others name it by, beside the addresses in the mirror: former ones, numbers
             * @default []
             */
            also?: string[];
            /** @default false */
            preview?: boolean;
        };
        ConsumerSettings: {
            /**
             * @description `pull`: it reads `GET /api/changes?consumer=` and acknowledges; `webhook`: it is called with 100 changes at most
             * @default pull
             * @enum {string}
             */
            sink?: "pull" | "webhook";
            /**
             * @description Of a webhook: https, public
             * @default null
             */
            url?: string | null;
            /** @description Of a webhook: signs what it is sent. Left out: the one that it has, or one that is made */
            secret?: string;
            /** @description Null: all */
            portalIds?: (number | string)[] | null;
            /** @description Null: all */
            objectTypes?: components["schemas"]["ObjectType"][] | null;
            /** @description Null: all */
            actions?: ("Created" | "Updated" | "Deleted" | "Restored" | "Erased" | "Merged" | "Associated" | "Dissociated")[] | null;
            /**
             * @description Changes of a first load, too
             * @default true
             */
            initial?: boolean;
            /**
             * @description Further behind than this the mirror of its portals waits, so that nothing is dropped. Null: it never waits
             * @default 4320
             */
            lagLimitMinutes?: number | null;
            /**
             * @description Where a new one begins: with all that is kept, or with what follows
             * @default beginning
             * @enum {string}
             */
            from?: "beginning" | "now";
        };
        ConsumerChange: {
            /** @enum {string} */
            action: "pause" | "resume" | "rewind";
            /** @default null */
            reason?: string | null;
            position?: components["schemas"]["FeedPosition"];
            /** Format: date-time */
            time?: string;
        };
        /**
         * @description A place in the feed of changes; nothing can be read out of it
         * @example 3f0c9a51d2e7.7414.52
         */
        FeedPosition: string;
        Acknowledgement: {
            position: components["schemas"]["FeedPosition"];
        };
        DeadChangesEnd: {
            /** @enum {string} */
            action: "redrive" | "discard";
        };
        WorkspaceChange: {
            name?: string;
            notifyUrl?: string | null;
            notifySecret?: string;
            /** @enum {string} */
            foundByAnotherKey?: "adopt" | "wait";
        };
        NewApiKey: {
            name: string;
            scopes?: ("throttle:read" | "throttle:write" | "portals:read" | "portals:write" | "crm" | "outbox" | "audit:read" | "admin")[];
            expiresAt?: string | null;
        };
        /**
         * Format: uuid
         * @description The id of an API key
         */
        KeyId: string;
        ApiKeyRotation: {
            /** @default 86400 */
            graceSeconds?: number;
            expiresAt?: string | null;
        };
        ActionCall: {
            callbackId: string;
            origin?: ({
                portalId?: (number | string) | null;
                actionDefinitionId?: (number | string) | null;
            } & {
                [key: string]: unknown;
            }) | null;
            context?: ({
                source?: string | null;
                workflowId?: (number | string) | null;
                actionId?: (number | string) | null;
            } & {
                [key: string]: unknown;
            }) | null;
            object?: ({
                objectId?: (number | string) | null;
            } & {
                [key: string]: unknown;
            }) | null;
            inputFields?: ({
                queue?: string | null;
                max_throughput?: string | number | null;
                time?: string | number | null;
                period?: string | null;
                max_waiting?: string | number | null;
                when_full?: string | null;
                spread?: string | boolean | null;
                start_at?: string | number | null;
                priority?: string | number | null;
            } & {
                [key: string]: unknown;
            }) | null;
            fields?: ({
                queue?: string | null;
                max_throughput?: string | number | null;
                time?: string | number | null;
                period?: string | null;
                max_waiting?: string | number | null;
                when_full?: string | null;
                spread?: string | boolean | null;
                start_at?: string | number | null;
                priority?: string | number | null;
            } & {
                [key: string]: unknown;
            }) | null;
        } & {
            [key: string]: unknown;
        };
        DefinedActionCall: {
            /** @description Calls of agents may have none, which actions that answer inline take */
            callbackId?: string | null;
            origin?: ({
                portalId?: (number | string) | null;
                actionDefinitionId?: (number | string) | null;
            } & {
                [key: string]: unknown;
            }) | null;
            context?: ({
                source?: string | null;
                workflowId?: (number | string) | null;
                actionId?: (number | string) | null;
            } & {
                [key: string]: unknown;
            }) | null;
            object?: ({
                objectId?: (number | string) | null;
            } & {
                [key: string]: unknown;
            }) | null;
            inputFields?: ({
                queue?: string | null;
                max_throughput?: string | number | null;
                time?: string | number | null;
                period?: string | null;
                max_waiting?: string | number | null;
                when_full?: string | null;
                spread?: string | boolean | null;
                start_at?: string | number | null;
                priority?: string | number | null;
            } & {
                [key: string]: unknown;
            }) | null;
            fields?: ({
                queue?: string | null;
                max_throughput?: string | number | null;
                time?: string | number | null;
                period?: string | null;
                max_waiting?: string | number | null;
                when_full?: string | null;
                spread?: string | boolean | null;
                start_at?: string | number | null;
                priority?: string | number | null;
            } & {
                [key: string]: unknown;
            }) | null;
        } & {
            [key: string]: unknown;
        };
        OptionsCall: {
            origin: {
                portalId: number | string;
            } & {
                [key: string]: unknown;
            };
            inputFieldName?: string | null;
            inputFields?: {
                [key: string]: {
                    type?: string | null;
                    value?: string | number | null;
                } & {
                    [key: string]: unknown;
                };
            } | null;
            fetchOptions?: ({
                q?: string | number | null;
                after?: string | number | null;
            } & {
                [key: string]: unknown;
            }) | null;
        } & {
            [key: string]: unknown;
        };
        SentWebhookEvent: {
            portalId: number;
            occurredAt: number;
            subscriptionType: string;
        } & {
            [key: string]: unknown;
        };
        AttentionPage: {
            items: components["schemas"]["AttentionItem"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
            /** @description Nothing needs anybody, whatever was asked for */
            ok: boolean;
            /** @description Kinds of which there are more things than are named: 50 of each are */
            more: components["schemas"]["AttentionKind"][];
            /** @description Scopes that the key lacks: what belongs to them was not looked at, and is no part of `ok` */
            unseen: string[];
        };
        AttentionItem: {
            /** @description The same for as long as the thing lasts */
            id: string;
            kind: components["schemas"]["AttentionKind"];
            severity: components["schemas"]["Severity"];
            about: {
                /** @enum {string} */
                kind: "portal" | "lane" | "action" | "redrive" | "sync" | "consumer" | "registration" | "api_key" | "encryption_key" | "workspace" | "check";
                id: string;
            };
            portalId: components["schemas"]["PortalId"] | null;
            since: components["schemas"]["Time"] | null;
            /** @description How many executions, events … it concerns, up to 1000; null: it is not counted */
            count: number | null;
            happened: string;
            /** @description What to do */
            mend: string;
            command: string;
            /** @description The request that does or shows the same */
            request: string;
            /** @description A page of this API */
            runbook: string;
        };
        /** @enum {string} */
        AttentionKind: "not_ready" | "audit_broken" | "portal_reauth" | "install_kept" | "token_failing" | "releases_suspended" | "breaker_open" | "lane_behind" | "expiry_near" | "outbox_circuit_open" | "events_behind" | "consumer_missed" | "consumer_behind" | "feed_held" | "executions_failed" | "executions_gone" | "executions_expired" | "executions_refused" | "executions_rejected" | "action_runs_failed" | "action_runs_failing" | "lane_paused" | "portal_blocked" | "day_limit_near" | "error_share" | "scopes_missing" | "portal_disconnecting" | "outbox_paused" | "sync_paused" | "sync_deletes_held" | "erasures_unsure" | "registration_failed" | "registration_waits" | "consumer_failing" | "consumer_dead_letters" | "sync_failing" | "webhooks_missing" | "answers_unclear" | "records_in_conflict" | "dead_letters" | "events_unassigned" | "redrive_failed" | "notices_failing" | "api_key_ends" | "encryption_key_retired";
        /**
         * @description `urgent`: somebody loses by it now. `soon`: within the day
         * @enum {string}
         */
        Severity: "urgent" | "soon";
        /**
         * @description HubSpot's number of a portal
         * @example 41000009
         */
        PortalId: number;
        /**
         * Format: date-time
         * @description A moment, in UTC
         * @example 2027-01-01T09:30:00.000Z
         */
        Time: string;
        Problem: {
            /** @enum {string} */
            type: "urn:sluice:invalid_input" | "urn:sluice:unauthorized" | "urn:sluice:forbidden" | "urn:sluice:not_found" | "urn:sluice:request_timeout" | "urn:sluice:conflict" | "urn:sluice:precondition_failed" | "urn:sluice:body_too_large" | "urn:sluice:idempotency_conflict" | "urn:sluice:registration_failed" | "urn:sluice:unsupported_media_type" | "urn:sluice:too_many_requests" | "urn:sluice:install_denied" | "urn:sluice:install_wrong_browser" | "urn:sluice:install_missing_scope" | "urn:sluice:install_wrong_account" | "urn:sluice:install_refused" | "urn:sluice:install_busy" | "urn:sluice:install_expired" | "urn:sluice:install_misconfigured" | "urn:sluice:install_unavailable" | "urn:sluice:install_kept" | "urn:sluice:internal" | "urn:sluice:unavailable";
            title: string;
            status: number;
            /**
             * @description Its kind, by which a caller decides: the client throws errors of these names
             * @enum {string}
             */
            class: "HubSpotAuthError" | "HubSpotRateLimitError" | "HubSpotValidationError" | "HubSpotSyncError";
            /** @description What happened, and what to do */
            detail: string;
            /** @description What is wrong with the input, 20 problems at most */
            errors?: components["schemas"]["FieldProblem"][];
            /** @description How many problems more were found */
            omittedErrors?: number;
            /** @description Of a registration of which not all was written: what is there, and what is not */
            registration?: components["schemas"]["RegistrationIncomplete"];
            /** @description Under which the log has the reason */
            requestId?: string;
        };
        FieldProblem: {
            /** @description Of the field: `rate.limit` */
            path: string;
            message: string;
        };
        RegistrationIncomplete: {
            id: components["schemas"]["Id"];
            created: {
                contact_id: string | null;
                /** @description Null: not written */
                deal_ids: (string | null)[];
                /** @description Null: not written */
                ticket_ids: (string | null)[];
            };
            failed: components["schemas"]["RegistrationFailure"][];
            /** @description Steps that did not begin */
            not_tried: string[];
            /** @description POST it: what is there is not written again */
            resume: string;
        };
        RegistrationFailure: {
            /** @description `contact`, `deals.0`, `contact-deals.0`, `deals-tickets.0.1` (the first deal with the second ticket); `check`: before any row */
            row: string;
            /** @description That HubSpot objects to, where it names one */
            property: string | null;
            reason: string;
        };
        Status: {
            /** @description Nothing needs anybody, whatever was asked for */
            ok: boolean;
            urgent: number;
            soon: number;
            /** @description Each count stops at 10000 */
            features: {
                /** @enum {string} */
                feature: "throttle" | "outbox";
                waiting: number;
                sending: number;
                /** @description Executions: within a day. Events: dead letters */
                failed: number;
            }[];
            /** @description By state; null: the key may not see them */
            portals: {
                active: number;
                reauth_required: number;
                disconnecting: number;
                disconnected: number;
            } | null;
            /** @description Kinds of which there are more things than are named: 50 of each are */
            more: components["schemas"]["AttentionKind"][];
            /** @description Scopes that the key lacks: what belongs to them was not looked at, and is no part of `ok` */
            unseen: string[];
        };
        SearchResult: {
            items: components["schemas"]["Hit"][];
            /** @description Kinds of which more have it than are named: 10 of each are */
            more: ("portal" | "lane" | "execution" | "action_run" | "event" | "registration" | "redrive" | "hubspot_request" | "notice" | "api_key")[];
            /** @description Scopes that the key lacks: what belongs to them was not looked through */
            unseen: string[];
        };
        Hit: {
            /** @enum {string} */
            kind: "portal" | "lane" | "execution" | "action_run" | "event" | "registration" | "redrive" | "hubspot_request" | "notice" | "api_key";
            id: string;
            portalId: components["schemas"]["PortalId"] | null;
            /** @description In a line: what it is, and how it stands */
            what: string;
            /** @description What shows it */
            command: string;
            /** @description Of this API: what shows it */
            path: string;
        };
        LanePage: {
            items: components["schemas"]["Lane"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        Lane: {
            id: components["schemas"]["Id"];
            portalId: components["schemas"]["PortalId"];
            /** @description What its executions have in common: `step:…` or `queue:…` */
            key: string;
            queue: string | null;
            /** @description What was done to the queue's name to keep it */
            queueNote: string | null;
            /** @description HubSpot's workflow */
            workflowId: string | null;
            step: string | null;
            actionId: string | null;
            rate: components["schemas"]["RateInForce"];
            rateNote: string | null;
            /** @description Whether releases are spread evenly over the interval */
            spread: boolean;
            portal: {
                /** @enum {string} */
                state: "active" | "reauth_required" | "disconnecting" | "disconnected";
                reason: string | null;
            };
            /** @description While HubSpot refuses the completions of its portal */
            suspended: components["schemas"]["Suspension"] | null;
            paused: {
                at: components["schemas"]["Time"];
                reason: string | null;
            } | null;
            maxPerWorkflow: number | null;
            /** @enum {string} */
            beyondBlock: "refuse" | "hold";
            waiting: number;
            sending: number;
            oldestWaitingMs: number | null;
            /** @description When the rate lets the last one go that waits; null while none waits, the lane is paused, or its portal can be told nothing */
            lastEta: components["schemas"]["Time"] | null;
            lastEtaMs: number | null;
            window: components["schemas"]["WindowUse"];
        };
        RateInForce: {
            limit: number;
            intervalMs: number;
            text: string;
            /**
             * @description Who said so
             * @enum {string}
             */
            source: "lane" | "config" | "input" | "default";
            /** @description The lane's own, set by an operator */
            override: components["schemas"]["Rate"] | null;
        };
        Suspension: {
            /** @enum {string} */
            reason: "unauthorized" | "forbidden" | "locked" | "migrating" | "throttled" | "breaker" | "token" | "path";
            since: components["schemas"]["Time"] | null;
            nextTryAt: components["schemas"]["Time"] | null;
        };
        WindowUse: {
            used: number;
            free: number;
            nextFreeInMs: number | null;
        };
        Drained: {
            laneId: components["schemas"]["Id"];
            /** @enum {string} */
            as: "released" | "cancelled";
            drained: number;
        };
        ExecutionPage: {
            items: components["schemas"]["Execution"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        Execution: {
            id: components["schemas"]["Id"];
            portalId: components["schemas"]["PortalId"];
            callbackId: string;
            laneId: components["schemas"]["Id"] | null;
            /** @enum {string} */
            state: "waiting" | "sending" | "completed" | "refused" | "skipped" | "expired" | "cancelled" | "failed" | "gone" | "rejected";
            /** @description Why it ended so, or is to end so; while it waits for a portal that is not active, the portal */
            reason: string | null;
            endRequested: ("released" | "cancelled" | "expired") | null;
            source: string | null;
            /** @description The record at HubSpot */
            objectId: string | null;
            attempts: number;
            receivedAt: components["schemas"]["Time"];
            plannedAt: components["schemas"]["Time"] | null;
            /** @description When HubSpot gives it up */
            expiresAt: components["schemas"]["Time"] | null;
            finishedAt: components["schemas"]["Time"] | null;
            /** @description From its arrival until it ended, or until now */
            waitedMs: number;
            /** @description The Temporal workflow in which it rides or rode */
            workflowId: string | null;
        };
        ExecutionDetail: {
            id: components["schemas"]["Id"];
            portalId: components["schemas"]["PortalId"];
            callbackId: string;
            laneId: components["schemas"]["Id"] | null;
            /** @enum {string} */
            state: "waiting" | "sending" | "completed" | "refused" | "skipped" | "expired" | "cancelled" | "failed" | "gone" | "rejected";
            /** @description Why it ended so, or is to end so; while it waits for a portal that is not active, the portal */
            reason: string | null;
            endRequested: ("released" | "cancelled" | "expired") | null;
            source: string | null;
            /** @description The record at HubSpot */
            objectId: string | null;
            attempts: number;
            receivedAt: components["schemas"]["Time"];
            plannedAt: components["schemas"]["Time"] | null;
            /** @description When HubSpot gives it up */
            expiresAt: components["schemas"]["Time"] | null;
            finishedAt: components["schemas"]["Time"] | null;
            /** @description From its arrival until it ended, or until now */
            waitedMs: number;
            /** @description The Temporal workflow in which it rides or rode */
            workflowId: string | null;
            /** @description Its place in its lane, while it waits */
            position: number | null;
            eta: components["schemas"]["Time"] | null;
            etaMs: number | null;
            /** @description Of one that was rejected: the body that could not be understood */
            payload?: {
                bytes: number;
                sha256: string;
                base64?: string;
            } | null;
        };
        ActionRateSet: {
            portal_id: components["schemas"]["PortalId"];
            action_id: string;
            max_throughput: number;
            time: number;
            /** @enum {string} */
            period: "seconds" | "minutes" | "hours" | "days";
            /** @description The rate in words */
            rate: string;
            updated_at: components["schemas"]["Time"];
            lanes_changed: number;
        };
        ActionRatePage: {
            items: components["schemas"]["ActionRate"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        ActionRate: {
            portal_id: components["schemas"]["PortalId"];
            action_id: string;
            max_throughput: number;
            time: number;
            /** @enum {string} */
            period: "seconds" | "minutes" | "hours" | "days";
            /** @description The rate in words */
            rate: string;
            updated_at: components["schemas"]["Time"];
        };
        ActionPage: {
            items: components["schemas"]["Action"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        Action: {
            name: string;
            version: number;
            /** @description What it is called in the workflow editor, in English */
            label: string;
            /** @description Where HubSpot calls it, behind `PUBLIC_URL` */
            path: string;
            /** @enum {string} */
            answer: "callback" | "inline";
            /** @description Empty: those of all workflows */
            objectTypes: string[];
            inputs: {
                name: string;
                type: ("string" | "number" | "boolean" | "enum" | "date" | "datetime") | null;
                isRequired: boolean;
            }[];
            outputs: string[];
        };
        ActionRunPage: {
            items: components["schemas"]["ActionRun"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        ActionRun: {
            id: components["schemas"]["Id"];
            portalId: components["schemas"]["PortalId"];
            action: string;
            /** @description Of the definition that took the call */
            version: number;
            callbackId: string;
            source: string;
            /** @description The record at HubSpot */
            objectId: string | null;
            /** @enum {string} */
            state: "waiting" | "completing" | "completed" | "failed" | "cancelled" | "gone" | "refused" | "rejected";
            errorCode: string | null;
            reason: string | null;
            /** @description Tries of the handler */
            attempts: number;
            /** @description Effects of `once` that were done again in doubt */
            doubts: number;
            receivedAt: components["schemas"]["Time"];
            /** @description Then it is not tried any more */
            giveUpAt: components["schemas"]["Time"];
            /** @description When HubSpot gives the record up */
            expiresAt: components["schemas"]["Time"];
            endedAt: components["schemas"]["Time"] | null;
        };
        ActionRunDetail: {
            id: components["schemas"]["Id"];
            portalId: components["schemas"]["PortalId"];
            action: string;
            /** @description Of the definition that took the call */
            version: number;
            callbackId: string;
            source: string;
            /** @description The record at HubSpot */
            objectId: string | null;
            /** @enum {string} */
            state: "waiting" | "completing" | "completed" | "failed" | "cancelled" | "gone" | "refused" | "rejected";
            errorCode: string | null;
            reason: string | null;
            /** @description Tries of the handler */
            attempts: number;
            /** @description Effects of `once` that were done again in doubt */
            doubts: number;
            receivedAt: components["schemas"]["Time"];
            /** @description Then it is not tried any more */
            giveUpAt: components["schemas"]["Time"];
            /** @description When HubSpot gives the record up */
            expiresAt: components["schemas"]["Time"];
            endedAt: components["schemas"]["Time"] | null;
            /** @description The step's fields as HubSpot sent them; null: not asked for, or erased */
            input: {
                [key: string]: unknown;
            } | null;
            outputs: {
                [key: string]: string;
            } | null;
            /** @description What the handler threw last */
            error: string | null;
        };
        PortalPage: {
            items: components["schemas"]["Portal"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        Portal: {
            portalId: components["schemas"]["PortalId"];
            name: string | null;
            hubDomain: string | null;
            /** @enum {string} */
            state: "active" | "reauth_required" | "disconnecting" | "disconnected";
            stateReason: string | null;
            stateChangedAt: components["schemas"]["Time"];
            /** @description In which the account's days begin */
            timeZone: string;
            /**
             * @description How it was connected
             * @enum {string}
             */
            auth: "oauth" | "private_app";
            scopes: string[];
            token: {
                /** @description Null: it does not expire, or there is none */
                expiresAt: components["schemas"]["Time"] | null;
                refreshedAt: components["schemas"]["Time"] | null;
                ageMs: number | null;
                refreshFailures: number;
                refreshError: string | null;
            };
            throttleEnabled: boolean;
            syncEnabled: boolean;
            eventsEnabled: boolean;
            /** @description When HubSpot said that the token is this account's; null: nobody has proved it */
            verifiedAt: components["schemas"]["Time"] | null;
            installedAt: components["schemas"]["Time"];
            updatedAt: components["schemas"]["Time"];
        };
        ConnectedPortal: {
            portalId: components["schemas"]["PortalId"];
            name: string | null;
            /** @enum {string} */
            state: "active" | "reauth_required" | "disconnecting" | "disconnected";
            stateReason: string | null;
            timeZone: string;
            tokenExpiresAt: components["schemas"]["Time"] | null;
            installedAt: components["schemas"]["Time"];
            updatedAt: components["schemas"]["Time"];
        };
        PortalBudget: {
            portalId: components["schemas"]["PortalId"];
            blockedUntil: components["schemas"]["Time"] | null;
            blockedReason: string | null;
            breaker: {
                /** @enum {string} */
                state: "closed" | "open" | "half_open";
                /** @description How often it has opened in a row */
                opens: number;
            };
            errors: {
                /**
                 * Format: date
                 * @description The portal's own day
                 */
                day: string;
                timeZone: string;
                calls: number;
                errors: number;
                share: number;
                /** @description So large it may become; 0: nothing is held back */
                mostShare: number;
                /** @description The priorities that are held back */
                waiting: string[];
            };
            /** @description HubSpot's limit for the account's day and what all its private apps have used of it, read once an hour. Null: not read today, or the portal is connected by OAuth, for which HubSpot publishes none */
            dayLimit: {
                limit: number;
                used: number;
                share: number;
                endsAt: components["schemas"]["Time"];
                readAt: components["schemas"]["Time"];
            } | null;
            /** @description The buckets */
            rings: components["schemas"]["Bucket"][];
        };
        Bucket: {
            /** @enum {string} */
            ring: "ten_secondly" | "search" | "associations" | "oauth";
            limit: number;
            intervalMs: number;
            /** @description Slots that are taken */
            used: number;
            free: number;
            /** @description Of the used: by calls of ours that are under way */
            leased: number;
            /** @description Of the used: by others, as HubSpot has told */
            others: number;
            othersSeenAt: components["schemas"]["Time"] | null;
            byPriority: {
                completion: number;
                interactive: number;
                outbox: number;
                sync: number;
                backfill: number;
            };
            /** @description Null: a slot is free now */
            nextFreeAt: components["schemas"]["Time"] | null;
            blockedUntil: components["schemas"]["Time"] | null;
            blockedReason: string | null;
            /** @description How many calls HubSpot has refused under this limit */
            refused: number;
        };
        HubSpotRequestPage: {
            items: components["schemas"]["HubSpotRequest"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        HubSpotRequest: {
            id: components["schemas"]["Id"];
            at: components["schemas"]["Time"];
            method: string;
            /** @description Of HubSpot's API, without the ids in it */
            path: string;
            /** @description Null: no answer came */
            status: number | null;
            outcome: string;
            ms: number;
            priority: string;
            /** @description The bucket */
            ring: string;
            /** @description How many slots of the bucket were taken when the request got its own */
            budgetUsed: number | null;
            correlationId: string | null;
        };
        ActionSettings: {
            portalId: components["schemas"]["PortalId"];
            /** @description Grows with each change; 0: nothing is set */
            version: number;
            updatedAt: components["schemas"]["Time"] | null;
            fields: {
                name: string;
                type: ("string" | "number" | "boolean" | "enum" | "date" | "datetime") | null;
                isRequired: boolean;
                isSecret: boolean;
                /** @description What may be chosen, of an enum */
                values: string[];
                description: string | null;
                /** @description The actions that get it */
                actions: string[];
                isSet: boolean;
                /** @description Null: it is not set, or secret */
                value: string | number | boolean | null;
            }[];
            /** @description Actions whose runs wait, and for what */
            waiting: {
                action: string;
                reason: string;
            }[];
        };
        InstallLink: {
            /** Format: uuid */
            id: string;
            /** @description Leads whoever opens it to the page on which the install begins */
            url: string;
            expiresAt: components["schemas"]["Time"];
        };
        ClaimedInstallLink: {
            /** Format: uuid */
            id: string;
            /** @description Leads whoever opens it to the page on which the install begins */
            url: string;
            expiresAt: components["schemas"]["Time"];
            portalId: components["schemas"]["PortalId"];
            hubDomain: string | null;
        };
        Consent: {
            /** @description Who asks */
            workspace: string;
            /** @description The account that is meant; null: any */
            portalId: components["schemas"]["PortalId"] | null;
            scopes: string[];
            optionalScopes: string[];
            /** @description That this browser has had the page: sent back by its button */
            proof: string;
            expiresAt: components["schemas"]["Time"];
        };
        Installed: {
            /** @constant */
            installed: true;
            portalId: components["schemas"]["PortalId"];
            hubDomain: string | null;
            asked: string[];
            granted: string[];
            /** @description Optional scopes that HubSpot did not grant */
            notGranted: string[];
            /** @description Features that are switched on and lack scopes */
            unmetFeatures: {
                /** @enum {string} */
                feature: "throttle" | "sync" | "events";
                missing: string[];
            }[];
            limitedTypes: components["schemas"]["LimitedType"][];
            firstTime: boolean;
        };
        LimitedType: {
            type: string;
            why: string;
            /** @description Delivered as properties of the contact; false: it cannot be delivered */
            hasFallback: boolean;
        };
        /** @description An install that HubSpot began goes on there */
        LedOn: {
            /** @constant */
            installed: false;
            url: string;
        } | {
            /** @constant */
            installed: false;
            claimUrl: string;
        };
        ClaimPage: {
            /** @constant */
            installed: false;
            claim: {
                code: string;
                url: string;
                portalId: components["schemas"]["PortalId"];
                hubDomain: string | null;
            };
        };
        Disconnecting: {
            portalId: components["schemas"]["PortalId"];
            /** @enum {string} */
            state: "disconnecting" | "disconnected";
            /** @description Of the workflow that does it */
            workflowId: string | null;
        };
        PortalSettings: {
            portalId: components["schemas"]["PortalId"];
            name: string | null;
            hubDomain: string | null;
            timeZone: string;
            /** @enum {string} */
            auth: "oauth" | "private_app";
            /** @enum {string} */
            state: "active" | "reauth_required" | "disconnecting" | "disconnected";
            stateReason: string | null;
            stateChangedAt: components["schemas"]["Time"];
            installedAt: components["schemas"]["Time"];
            /** @description Grows with each install and each disconnect */
            epoch: number;
            /** @description Null: not known, as HubSpot does not tell a private app's scopes */
            scopes: string[] | null;
            throttle: components["schemas"]["FeatureState"];
            sync: components["schemas"]["FeatureState"];
            events: components["schemas"]["FeatureState"];
            /** @description What may be read beside what features need */
            access: {
                customObjects: components["schemas"]["AccessState"];
                sensitive: components["schemas"]["AccessState"];
                highlySensitive: components["schemas"]["AccessState"];
            };
            token: {
                stored: boolean;
                version: number;
                ageMs: number | null;
                expiresAt: components["schemas"]["Time"] | null;
                /** @description Below 0: it has expired */
                expiresInMs: number | null;
                refreshedAt: components["schemas"]["Time"] | null;
                refreshFailures: number;
                refreshError: string | null;
            };
            /** @description While it is being disconnected */
            disconnect: {
                workflowId: string;
                step: string | null;
            } | null;
            limitedTypes: components["schemas"]["LimitedType"][];
        };
        FeatureState: {
            enabled: boolean;
            /** @description Null: not known, as HubSpot does not tell a private app's scopes */
            missingScopes: string[] | null;
        };
        AccessState: {
            /** @description Null: not known */
            granted: string[] | null;
            /** @description Null: not known, as HubSpot does not tell a private app's scopes */
            missingScopes: string[] | null;
        };
        CaptureDisabled: {
            /** @constant */
            status: "disabled";
        };
        CapturedEvent: {
            id: components["schemas"]["Id"];
            /** @enum {string} */
            status: "captured" | "duplicate" | "conflict" | "invalid";
            reason?: string;
        };
        CapturedEvents: {
            events: components["schemas"]["CapturedEvent"][];
        };
        CapturedLines: {
            lines: number;
            captured: number;
            duplicate: number;
            conflict: number;
            invalid: number;
            refused: number;
            problems: {
                line: number;
                message: string;
            }[];
            omittedProblems: number;
        };
        EventPage: {
            items: components["schemas"]["Event"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        Event: {
            id: components["schemas"]["Id"];
            portalId: components["schemas"]["PortalId"] | null;
            type: string;
            version: number;
            /** @enum {string} */
            state: "pending" | "sending" | "retrying" | "held" | "processed" | "dead" | "invalid" | "discarded";
            orderingKey: string | null;
            eventKey: string | null;
            occurredAt: components["schemas"]["Time"] | null;
            capturedAt: components["schemas"]["Time"];
            processedAt: components["schemas"]["Time"] | null;
            nextAttemptAt: components["schemas"]["Time"] | null;
            attempts: number;
            errorClass: string | null;
            lastError: string | null;
            /** @description `live`, `dry` or `shadow`, once it was processed */
            mode: string | null;
            /** @description Of an event of the type `generic` */
            mapping: string | null;
            /** @description One of its custom events is, or is to be, delivered by its fallback */
            byFallback: boolean;
        };
        EventDetail: {
            id: components["schemas"]["Id"];
            portalId: components["schemas"]["PortalId"] | null;
            type: string;
            version: number;
            /** @enum {string} */
            state: "pending" | "sending" | "retrying" | "held" | "processed" | "dead" | "invalid" | "discarded";
            orderingKey: string | null;
            eventKey: string | null;
            occurredAt: components["schemas"]["Time"] | null;
            capturedAt: components["schemas"]["Time"];
            processedAt: components["schemas"]["Time"] | null;
            nextAttemptAt: components["schemas"]["Time"] | null;
            attempts: number;
            errorClass: string | null;
            lastError: string | null;
            /** @description `live`, `dry` or `shadow`, once it was processed */
            mode: string | null;
            /** @description Of an event of the type `generic` */
            mapping: string | null;
            /** @description One of its custom events is, or is to be, delivered by its fallback */
            byFallback: boolean;
            payload: unknown;
            effects: components["schemas"]["EffectOfEvent"][];
            /** @description What was sent that HubSpot cannot deduplicate */
            ledger: components["schemas"]["LedgerEntry"][];
            timeline: {
                at: components["schemas"]["Time"];
                /** @enum {string} */
                what: "captured" | "failed" | "redriven" | "replayed" | "sent" | "processed" | "next attempt";
                detail?: string;
            }[];
        };
        EffectOfEvent: {
            n: number;
            state: string;
            objectId: string | null;
            errorClass: string | null;
            fallback: string | null;
            ambiguous: number;
        };
        LedgerEntry: {
            n: number;
            kind: string;
            /** @enum {string} */
            state: "intended" | "done" | "ambiguous";
            objectType: string;
            objectId: string | null;
            ambiguous: number;
            sentAt: components["schemas"]["Time"];
            resolvedAt: components["schemas"]["Time"] | null;
        };
        OutboxStats: {
            /** @enum {string} */
            mode: "live" | "dry" | "off";
            unprocessed: number;
            oldestMs: number | null;
            retrying: number;
            held: number;
            dead: number;
            invalid: number;
            processedLastMinute: number;
            fallbacksLastMinute: number;
            failedByClass: {
                [key: string]: number;
            };
            portals: components["schemas"]["OutboxPortalStats"][];
        };
        OutboxPortalStats: {
            portalId: components["schemas"]["PortalId"];
            /** @description A delivery is at work */
            awake: boolean;
            failuresInARow: number;
            /** @description Nothing is sent before */
            circuitOpenUntil: components["schemas"]["Time"] | null;
            pausedAt: components["schemas"]["Time"] | null;
            pauseReason: string | null;
            /** @description Types that the portal does not take as they are declared */
            limitedTypes: components["schemas"]["LimitedEventType"][];
        };
        LimitedEventType: {
            type: string;
            customEvent: string;
            /** @enum {string} */
            why: "scope" | "refused" | "undefined" | "event";
            /** @description False: an event of it waits where `why` is `undefined`, and else ends as a dead letter */
            hasFallback: boolean;
        };
        OutboxPortal: {
            portalId: components["schemas"]["PortalId"];
            /** @description A delivery is at work */
            awake: boolean;
            failuresInARow: number;
            /** @description Nothing is sent before */
            circuitOpenUntil: components["schemas"]["Time"] | null;
            pausedAt: components["schemas"]["Time"] | null;
            pauseReason: string | null;
        };
        DeadLetterPage: {
            items: components["schemas"]["DeadLetter"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
            groups: components["schemas"]["EventGroup"][];
        };
        DeadLetter: {
            id: components["schemas"]["Id"];
            portalId: components["schemas"]["PortalId"] | null;
            type: string;
            /** @description Of an event of the type `generic` */
            mapping: string | null;
            /** @enum {string} */
            state: "dead" | "invalid" | "discarded";
            errorClass: string | null;
            reason: string;
            attempts: number;
            eventKey: string | null;
            orderingKey: string | null;
            capturedAt: components["schemas"]["Time"];
            diedAt: components["schemas"]["Time"];
        };
        EventGroup: {
            portalId: components["schemas"]["PortalId"] | null;
            type: string;
            errorClass: string | null;
            count: number;
        };
        Discarded: {
            discarded: number;
        };
        DiscardPreview: {
            total: number;
            groups: components["schemas"]["EventGroup"][];
        };
        RedrivePreview: {
            total: number;
            groups: components["schemas"]["EventGroup"][];
            perSecond: number;
            durationMs: number;
            /** @description About so many to HubSpot */
            calls: number;
            stillInvalid: number;
            /** @description So many were looked at closely */
            sampled: number;
            reasons: string[];
        };
        Redrive: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "dead_letters" | "dry_run";
            /** @description As it was asked for */
            filter: {
                [key: string]: unknown;
            };
            perSecond: number;
            /** @enum {string} */
            state: "running" | "done" | "cancelled" | "failed";
            /** @description How many there were when it was asked for */
            total: number;
            moved: number;
            /** @description Still not understood: they stay dead letters */
            stillInvalid: number;
            requestedBy: string;
            createdAt: components["schemas"]["Time"];
            endedAt: components["schemas"]["Time"] | null;
            reason: string | null;
        };
        RedrivePage: {
            items: components["schemas"]["Redrive"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        ReplayPreview: {
            total: number;
            groups: components["schemas"]["EventGroup"][];
            perSecond: number;
            durationMs: number;
        };
        MappingPage: {
            items: components["schemas"]["Mapping"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        Mapping: {
            name: string;
            version: number;
            /** @description As it was given */
            mapping: {
                [key: string]: unknown;
            };
            updatedAt: components["schemas"]["Time"];
            /**
             * @description How events of it run
             * @enum {string}
             */
            mode: "live" | "shadow";
        };
        NoEffects: {
            /** @constant */
            ok: false;
            reason: string;
        };
        Effects: {
            /** @constant */
            ok: true;
            orderingKey: string | null;
            effects: {
                [key: string]: unknown;
            }[];
            fallbacks: {
                [key: string]: string;
            };
            requests: components["schemas"]["PlannedRequest"][];
        };
        PlannedRequest: {
            method: string;
            path: string;
            body: unknown;
        };
        EventTypePage: {
            items: components["schemas"]["EventType"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        EventType: {
            name: string;
            version: number;
            description: string;
            example?: unknown;
            /** @description JSON Schema of the payload */
            schema: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            mode: "live" | "shadow";
        };
        EventTypeModeSet: {
            /** @enum {string} */
            mode: "live" | "shadow";
            limited?: {
                portalId: components["schemas"]["PortalId"];
                /** @enum {string} */
                why: "scope" | "refused" | "undefined" | "event";
                hasFallback: boolean;
            }[];
        };
        SyncTypePage: {
            items: components["schemas"]["SyncType"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
            customObjects: components["schemas"]["CustomObjectsReading"];
        };
        SyncType: {
            objectType: components["schemas"]["ObjectType"];
            /** @description HubSpot's name of it. Null: HubSpot has not told it */
            name: string | null;
            /** @description Of a custom object */
            fullName: string | null;
            /** @description What people read */
            label: string;
            /** @description HubSpot has deleted this custom object */
            archived: boolean;
            /** @description As of `GET /api/sync/{portalId}/{objectType}`. Null: it is not mirrored */
            state: ("loading" | "following" | "paused" | "ended") | null;
            /** @description Null: not known, as HubSpot does not tell a private app's scopes */
            missingScopes: string[] | null;
            /** @description Of this API: where the missing scopes are asked for. A browser that brings the key goes to HubSpot; asked for JSON it answers a link that somebody else may open. Null: nothing is missing, or a private app has to be given the scopes at HubSpot */
            grant: string | null;
        };
        CustomObjectsReading: {
            /** @description When HubSpot told last which there are. Null: never */
            readAt: components["schemas"]["Time"] | null;
            /** @description Why it could not be read last */
            failure: string | null;
            /** @description Null: not known, as HubSpot does not tell a private app's scopes */
            missingScopes: string[] | null;
            /** @description Of this API: where the missing scopes are asked for. A browser that brings the key goes to HubSpot; asked for JSON it answers a link that somebody else may open. Null: nothing is missing, or a private app has to be given the scopes at HubSpot */
            grant: string | null;
        };
        SyncPage: {
            items: components["schemas"]["Sync"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        Sync: {
            portalId: components["schemas"]["PortalId"];
            objectType: components["schemas"]["ObjectType"];
            /** @description Of a custom object: HubSpot's name of it */
            typeName: string | null;
            /** @description Of a custom object: what people read */
            typeLabel: string | null;
            /**
             * @description `loading`: all records are read for the first time; `following`: what changes is read; `ended`: the portal was disconnected, and the mirror is removed 30 days later
             * @enum {string}
             */
            state: "loading" | "following" | "paused" | "ended";
            /** @description It is being read at this moment */
            reading: boolean;
            /** @description Records in the mirror that are not in the recycle bin */
            records: number;
            /** @description Records that the first load has read */
            loaded: number;
            /** @description Of the first load. Null: it is through or held up */
            progress: components["schemas"]["SyncProgress"] | null;
            startedAt: components["schemas"]["Time"];
            loadedAt: components["schemas"]["Time"] | null;
            /** @description What changed before this moment of HubSpot's clock is in the mirror */
            freshUntil: components["schemas"]["Time"] | null;
            /** @description How long ago `freshUntil` is */
            lagSeconds: number | null;
            /** @description When the calculated properties of all records were read last: once a day */
            calculatedAt: components["schemas"]["Time"] | null;
            /** @description Names of owners, pipelines and stages: read once an hour */
            reference: {
                readAt: components["schemas"]["Time"] | null;
                /** @description Why some of them could not be read last */
                failure: string | null;
            };
            nextReadAt: components["schemas"]["Time"] | null;
            associations: components["schemas"]["SyncAssociations"];
            /** @description What HubSpot was asked for it, with its passes */
            calls: number;
            /** @description How often a run of it failed */
            failedRuns: number;
            /** @description Deletes at HubSpot that are more than 1 % of the records in an hour, and than 100: nobody is told of them before `release_deletes` */
            heldDeletes: number;
            /** @description Records that HubSpot refuses to show, the first ten of them: the others are read without them */
            setAside: {
                count: number;
                /** @description Of those the ones that are not asked for any more */
                ended: number;
                records: {
                    id: string;
                    reason: string;
                    /** @description When HubSpot refused it last */
                    at: components["schemas"]["Time"];
                    tries: number;
                    nextAt: components["schemas"]["Time"] | null;
                }[];
            };
            /** @description Contacts that HubSpot has no more, the first hundred of them: of erasures for a person `since` then the webhooks journal may have lost the word. Each is here until it is erased, all until `settle_erasures` */
            erasuresUnsure: {
                since: components["schemas"]["Time"] | null;
                count: number;
                records: string[];
            };
            /** @description What was asked to be read again last */
            resync: components["schemas"]["Resync"] | null;
            /** @description A consumer of the feed that is further behind than its limit: nothing is read until it has caught up */
            waitsFor: {
                consumer: string;
            } | null;
            pause: {
                at: components["schemas"]["Time"];
                reason: string | null;
            } | null;
            /** @description Why it could not be read last */
            failure: {
                class: string;
                message: string;
                inARow: number;
            } | null;
        };
        SyncProgress: {
            /** @description Records by HubSpot's total: an estimate */
            expected: number | null;
            share: number | null;
            /** @description Records a second while it was read */
            perSecond: number | null;
            /** @description When it is through, if it is read on at this rate */
            endsAt: components["schemas"]["Time"] | null;
        };
        SyncAssociations: {
            /** @description With records of which types they are read. Null: of all other types that are mirrored */
            chosen: components["schemas"]["ObjectType"][] | null;
            /** @description When those of all records were read last */
            readAt: components["schemas"]["Time"] | null;
            /** @description Since then some may be missing: all are read again, soon */
            behindSince: components["schemas"]["Time"] | null;
            /** @description With these types HubSpot refuses them; the mirror has them as they were */
            refused: {
                objectType: components["schemas"]["ObjectType"];
                reason: string;
                at: components["schemas"]["Time"];
            }[];
        };
        Resync: {
            /** @enum {string} */
            what: "all" | "since" | "ids";
            since: components["schemas"]["Time"] | null;
            askedAt: components["schemas"]["Time"];
            /** @description Null: it is under way */
            endedAt: components["schemas"]["Time"] | null;
            /** @description Records that were read again */
            read: number;
            /** @description Of them those that the mirror had otherwise, or not at all */
            changed: number;
            /** @description Of those that were named: HubSpot did not show them */
            absent: number;
            /** @description How many there are to read: an estimate */
            expected: number | null;
            /** @description Why it came to no end */
            refused: string | null;
        };
        SyncEstimate: {
            /** @constant */
            dryRun: true;
            portalId: components["schemas"]["PortalId"];
            objectType: components["schemas"]["ObjectType"];
            /** @description By the total of HubSpot's search: an estimate */
            records: number;
            /** @description Without what follows changes, and without the hourly passes */
            calls: {
                /** @description Of 100 records each */
                lists: number;
                /** @description Batches of 100, where the names of the properties are too long for an address */
                values: number;
                /** @description Of 1,000 records each: those of this type, and those of mirrored types with this one; more where one record has many */
                associations: number;
                /** @description With a few beside: totals, definitions, owners, pipelines */
                total: number;
            };
            /** @description At the most that the portal's limits let through, where nothing else asks HubSpot for it */
            hours: number;
            /** @description Null: HubSpot does not tell this app the limit of the account for a day */
            day: {
                limit: number;
                /** @description Of it by all private apps of the account, when it was read */
                used: number;
                /** @description What the first load takes of the limit; above 1: of several days */
                share: number;
                endsAt: components["schemas"]["Time"];
            } | null;
            properties: {
                /** @description All that HubSpot defines; fewer are chosen once it is started */
                count: number;
                /** @description Of them those that are read again once a day */
                calculated: number;
            };
            /** @description With records of these types they are read */
            associations: components["schemas"]["ObjectType"][];
            scopes: {
                needed: string[];
                /** @description As far as the scopes of the portal are known: without them nothing is read */
                missing: string[];
                /** @description That are granted: so sensitive properties are among those that are read */
                sensitive: string[];
            };
        };
        PortalSchedulePage: {
            items: components["schemas"]["PortalSchedule"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        PortalSchedule: {
            portalId: components["schemas"]["PortalId"];
            intervalMs: number | null;
            calendar: string | null;
            timeZone: string | null;
            /** @description It is at Temporal as it stands here. Before that, and while nothing of the portal can be read, it is not */
            applied: boolean;
            /** @description When the portal is read next */
            nextAt: components["schemas"]["Time"] | null;
            /** @description Why it does not run */
            failure: string | null;
            changedAt: components["schemas"]["Time"];
        };
        SyncPassPage: {
            items: components["schemas"]["SyncPass"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        SyncPass: {
            /**
             * @description `settled`: what is an hour old is searched again; `archived`: the recycle bin is compared; `properties`: definitions are read, and what they change is done; `calculated`: calculated values are read again; `associations`: those of all records are; `audit`: the mirror is compared with all that HubSpot lists, and repaired; `aside`: records that HubSpot refuses to show are asked for again; `webhooks`: records that webhooks or their journal have named are read
             * @enum {string}
             */
            pass: "settled" | "archived" | "properties" | "calculated" | "associations" | "audit" | "webhooks" | "aside";
            running: boolean;
            beganAt: components["schemas"]["Time"] | null;
            /** @description Of the last round that has come to its end */
            endedAt: components["schemas"]["Time"] | null;
            /** @description Records that the round has looked at */
            seen: number;
            /** @description Records that it has changed */
            changed: number;
            /** @description What else it counted; an audit what was `missing` in the mirror, `differing`, and `ghosts` that HubSpot does not have */
            found: {
                [key: string]: number;
            };
            /** @description When it goes on, or its next round begins */
            dueAt: components["schemas"]["Time"];
            /** @description Why it could not be run last */
            failure: {
                class: string;
                message: string;
                inARow: number;
            } | null;
        };
        WebhookEventPage: {
            items: components["schemas"]["WebhookEvent"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        WebhookEvent: {
            /** @description Equal where HubSpot sends the event again */
            key: string;
            portalId: components["schemas"]["PortalId"];
            subscriptionType: string;
            subscriptionId: string | null;
            eventId: string | null;
            objectType: string | null;
            recordId: string | null;
            property: string | null;
            changeSource: string | null;
            occurredAt: components["schemas"]["Time"];
            receivedAt: components["schemas"]["Time"];
            /** @description So many records were to be read for it. 0: none of them is mirrored now */
            reads: number;
            /** @description All of it, where it is not understood; else null */
            event: unknown;
        };
        SignatureVerdict: {
            valid: boolean;
            /** @description By which it is valid */
            version: ("v1" | "v2" | "v3") | null;
            /** @description Why it is not valid */
            reason: ("missing" | "unsupported_version" | "malformed" | "mismatch" | "stale") | null;
        };
        WebhooksJournal: {
            /**
             * @description `off`: WEBHOOKS_JOURNAL is off. `starting`: nothing was read yet. `failing`: HubSpot, or a file, was not to be had last. `silent`: nobody has asked for a minute
             * @enum {string}
             */
            state: "off" | "starting" | "reading" | "failing" | "silent";
            /** @description It stands in for searches: types that it tells of are searched each 15 minutes */
            tells: boolean;
            /** @description What is behind it is read next; null: from the first that there is */
            offset: string | null;
            /** @description What HubSpot published before then is read */
            readUntil: components["schemas"]["Time"] | null;
            behindSeconds: number | null;
            /** @description When HubSpot has last answered as it should */
            askedAt: components["schemas"]["Time"] | null;
            lastFileAt: components["schemas"]["Time"] | null;
            files: number;
            /** @description In a row */
            failures: number;
            errorCode: string | null;
            lastError: string | null;
            /** @description How often HubSpot did not know our place any more */
            losses: number;
            /** @description Files that were passed over, since they could not be read while others could */
            setAside: number;
            lostAt: components["schemas"]["Time"] | null;
            /** @description Since then something may have been missing, until it was searched */
            lostFrom: components["schemas"]["Time"] | null;
            /** @description Mirrored types of the workspace that it tells of, and those that are searched each minute */
            types: {
                told: number;
                polled: number;
            };
            /** @description When the subscriptions were last held against what is mirrored */
            plannedAt: components["schemas"]["Time"] | null;
            /** @description Why HubSpot has refused a subscription then */
            refused: string | null;
        };
        WebhookTypePage: {
            items: components["schemas"]["WebhookType"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        WebhookType: {
            portalId: components["schemas"]["PortalId"];
            objectType: string;
            /** @description Records that are to be read, counted up to 5001 */
            waiting: number;
            /** @description More were named than may wait one by one: they are looked for by a search */
            together: boolean;
            /** @description Since when the one waits that is read next */
            oldestAt: components["schemas"]["Time"] | null;
            /** @description Records that could not be read, counted up to 1000 */
            unread: number;
            received: number;
            /** @description Of those the ones that HubSpot would have given up long ago */
            late: number;
            lastReceivedAt: components["schemas"]["Time"] | null;
            /** @description Events of the portal that came while it was not connected here, counted up to 1000 */
            strays: number;
            /** @description Changes since the first load, by what brought them */
            seenFirst: {
                [key: string]: number;
            };
            /** @description Records of which a source told that another had brought shortly before */
            seenAgain: {
                [key: string]: number;
            };
            /** @description Changes that searches and passes have brought while HubSpot told of the type, and of which it has not told within a quarter of an hour */
            missed: number;
        };
        UnreadRecordPage: {
            items: components["schemas"]["UnreadRecord"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        UnreadRecord: {
            portalId: components["schemas"]["PortalId"];
            objectType: string;
            recordId: string;
            tries: number;
            errorClass: string;
            message: string;
            askedAt: components["schemas"]["Time"];
            endedAt: components["schemas"]["Time"];
        };
        WebhooksReplayed: {
            events: number;
            records: number;
            isFull: boolean;
            next: string | null;
        };
        WebhookSubscriptions: {
            file: components["schemas"]["WebhookProject"];
            left: number;
        };
        WebhookProject: {
            uid: string;
            /** @constant */
            type: "webhooks";
            config: {
                settings: {
                    targetUrl: string;
                    maxConcurrentRequests: number;
                };
                subscriptions: {
                    crmObjects: {
                        subscriptionType: string;
                        objectType?: string;
                        propertyName?: string;
                        /** @constant */
                        active: true;
                    }[];
                    hubEvents: {
                        subscriptionType: string;
                        objectType?: string;
                        propertyName?: string;
                        /** @constant */
                        active: true;
                    }[];
                };
            };
        };
        RecordExplanation: {
            portalId: components["schemas"]["PortalId"];
            objectType: components["schemas"]["ObjectType"];
            recordId: components["schemas"]["RecordId"];
            /** @description It was merged into this record, which is explained here */
            mergedInto: components["schemas"]["RecordId"] | null;
            /** @description Null: the mirror does not have it */
            record: {
                /** @description What made us read it so: `load`, `search`, `resync`, or the pass that did (`settled`, …) */
                source: string;
                /** @description When the read began */
                readAt: components["schemas"]["Time"];
                createdAt: components["schemas"]["Time"];
                modifiedAt: components["schemas"]["Time"];
                archivedAt: components["schemas"]["Time"] | null;
                version: number;
                /** @description How many have a value */
                properties: number;
            } | null;
            /** @description What the feed has of it, the newest first */
            changes: {
                /** @enum {string} */
                action: "Created" | "Updated" | "Deleted" | "Restored" | "Erased" | "Merged" | "Associated" | "Dissociated";
                initial: boolean;
                changed: string[];
                happenedAt: components["schemas"]["Time"];
                recordedAt: components["schemas"]["Time"];
            }[];
            /** @description The feed has no older ones that were not looked through */
            complete: boolean;
            sync: components["schemas"]["Sync"];
        };
        ContactsSync: {
            /** @constant */
            success: true;
            portalId: components["schemas"]["PortalId"];
            objectType: components["schemas"]["ObjectType"];
            /**
             * @description `pending`: not all is read yet; `synced`: what changes is followed; `error`: it cannot be read, or is paused
             * @enum {string}
             */
            status: "pending" | "synced" | "error";
            recordsSynced: number;
            /** @description Up to when the mirror has what HubSpot has */
            lastSyncAt: components["schemas"]["Time"] | null;
            error: string | null;
        };
        SyncStatus: {
            portalId: components["schemas"]["PortalId"];
            syncs: components["schemas"]["FormerSyncStatus"][];
        };
        FormerSyncStatus: {
            objectType: components["schemas"]["ObjectType"];
            /**
             * @description `pending`: not all is read yet; `synced`: what changes is followed; `error`: it cannot be read, or is paused
             * @enum {string}
             */
            status: "pending" | "synced" | "error";
            recordsSynced: number;
            /** @description Up to when the mirror has what HubSpot has */
            lastSyncAt: components["schemas"]["Time"] | null;
            error: string | null;
        };
        PropertyDefinitionPage: {
            items: components["schemas"]["PropertyDefinition"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        PropertyDefinition: {
            name: string;
            /** @description Counted from 1 for each name */
            version: number;
            label: string;
            type: string;
            fieldType: string;
            options: {
                value: string;
                label: string;
            }[];
            /** @description HubSpot computes it, and changes it without a new time of modification */
            calculated: boolean;
            dataSensitivity: string;
            /** @description It is in HubSpot no more */
            archived: boolean;
            /** @description The mirror has its values */
            kept: boolean;
            firstSeenAt: components["schemas"]["Time"];
            /** @description When a later version was found. Null: it stands */
            replacedAt: components["schemas"]["Time"] | null;
        };
        PropertySelection: {
            portalId: components["schemas"]["PortalId"];
            objectType: components["schemas"]["ObjectType"];
            /** @enum {string} */
            mode: "all" | "include" | "exclude";
            names: string[];
            /** @description So many properties. Null: the definitions have not been read yet */
            kept: number | null;
            /** @description Of `names` those that are no properties of the type */
            unknown: string[];
            /** @description Still to be read of the records that are there already */
            filling: number;
            /** @description Still to be taken out of the mirror */
            dropping: number;
            definitionsReadAt: components["schemas"]["Time"] | null;
            /** @description So many of those that are kept are calculated */
            calculated: number;
            /** @description When the calculated ones of all records were read last */
            calculatedAt: components["schemas"]["Time"] | null;
        };
        CrmOwnerPage: {
            items: components["schemas"]["CrmOwner"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        CrmOwner: {
            /** @description As in `hubspot_owner_id` of records */
            id: string;
            userId: string | null;
            email: string | null;
            firstName: string | null;
            lastName: string | null;
            archived: boolean;
            readAt: components["schemas"]["Time"];
        };
        CrmPipelinePage: {
            items: components["schemas"]["CrmPipeline"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        CrmPipeline: {
            id: string;
            label: string;
            displayOrder: number;
            archived: boolean;
            stages: {
                id: string;
                label: string;
                displayOrder: number;
                archived: boolean;
                /** @description What HubSpot says of it: whether it ends a deal, how likely it is won */
                metadata: {
                    [key: string]: string | number | boolean | null;
                };
            }[];
            readAt: components["schemas"]["Time"];
        };
        CrmRecordPage: {
            items: components["schemas"]["CrmRecord"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        CrmRecord: {
            id: components["schemas"]["RecordId"];
            /** @description HubSpot's own text of each value; a property without a value is left out */
            properties: {
                [key: string]: string;
            };
            createdAt: components["schemas"]["Time"];
            modifiedAt: components["schemas"]["Time"];
            /** @description When HubSpot showed it so */
            readAt: components["schemas"]["Time"];
            /** @description Grows with each time that the mirror was given it anew */
            version: number;
            /** @description By type, where they were asked for */
            associations?: {
                [key: string]: {
                    items: {
                        id: components["schemas"]["RecordId"];
                        types: {
                            category: string;
                            typeId: number;
                            label: string | null;
                        }[];
                    }[];
                    /** @description It has more than these */
                    more: boolean;
                };
            };
        };
        WrittenRecord: {
            /**
             * @description `existing`: it was to be made, and HubSpot has it already. It was left as it is
             * @enum {string}
             */
            outcome: "created" | "updated" | "existing";
            record: {
                id: components["schemas"]["RecordId"];
                /** @description HubSpot's own text of each value, as far as its answer shows them: what was written, and some more */
                properties: {
                    [key: string]: string | null;
                };
                createdAt: components["schemas"]["Time"] | null;
                /** @description By HubSpot's clock; null: its answer did not say */
                modifiedAt: components["schemas"]["Time"] | null;
            };
            /**
             * @description What this write has made true: sent as `X-Sluice-Fresh` with a read, that shows it
             * @example 1.41000009.contacts.51.1798795740000.1798795740120
             */
            fresh: string;
        };
        WrittenRecords: {
            results: ({
                /** @description Its place in `records` */
                index: number;
                /** @constant */
                status: "done";
                /**
                 * @description `existing`: it was to be made, and HubSpot has it already. It was left as it is
                 * @enum {string}
                 */
                outcome: "created" | "updated" | "existing";
                record: {
                    id: components["schemas"]["RecordId"];
                    /** @description HubSpot's own text of each value, as far as its answer shows them: what was written, and some more */
                    properties: {
                        [key: string]: string | null;
                    };
                    createdAt: components["schemas"]["Time"] | null;
                    /** @description By HubSpot's clock; null: its answer did not say */
                    modifiedAt: components["schemas"]["Time"] | null;
                };
                /**
                 * @description What this write has made true: sent as `X-Sluice-Fresh` with a read, that shows it
                 * @example 1.41000009.contacts.51.1798795740000.1798795740120
                 */
                fresh: string;
            } | {
                /** @description Its place in `records` */
                index: number;
                /** @constant */
                status: "failed";
                error: {
                    /** @example urn:sluice:invalid_input */
                    type: string;
                    /** @description What it alone would have been answered with */
                    status: number;
                    detail: string;
                    errors: {
                        path: string;
                        message: string;
                    }[];
                    retryAfterSeconds: number | null;
                };
            })[];
            /** @description How many of them */
            failed: number;
        };
        RecordLink: {
            /** @description All that stand between the two now, as HubSpot shows them */
            types: {
                category: string;
                typeId: number;
                label: string | null;
            }[];
        };
        DeclaredPropertyPage: {
            items: components["schemas"]["DeclaredProperty"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        DeclaredProperty: {
            /**
             * @description HubSpot's name of a property
             * @example city
             */
            property: string;
            /**
             * @description `text`: by the numbers of its characters; `number`: as a number; `date`: as a moment. Text that is no number or no date has none
             * @enum {string}
             */
            kind: "text" | "number" | "date";
            /**
             * @description `filling`: records that were there already get their values; `ready`: records are found by it; `leaving`: it is not declared any more, and its values are being removed
             * @enum {string}
             */
            state: "filling" | "ready" | "leaving";
            /** @description Records that were there and have their values */
            filled: number;
            declaredAt: components["schemas"]["Time"];
            filledAt: components["schemas"]["Time"] | null;
        };
        LocalRecordPage: {
            page: number;
            limit: number;
            total_pages: number;
            total_records: number;
            results: components["schemas"]["CrmRecord"][];
        };
        LocalRecordsAfter: {
            results: components["schemas"]["CrmRecord"][];
            /** @description Null: these were the last */
            next_after: components["schemas"]["RecordId"] | null;
        };
        Registered: {
            /** @constant */
            success: true;
            message: string;
            /**
             * @description HubSpot's
             * @example 12345
             */
            contact_id: string;
            /** @description In the order of the input */
            deal_ids: string[];
            /** @description In the order of the input */
            ticket_ids: string[];
            notes: components["schemas"]["RegistrationNote"][];
        };
        /** @description How a field was understood, where that is not plain */
        RegistrationNote: {
            path: string;
            message: string;
        };
        Registration: {
            id: components["schemas"]["Id"];
            portalId: components["schemas"]["PortalId"];
            /**
             * @description `refused`: it is not valid in this portal, and nothing was written; `failed`: not all of it was written, and it can be resumed
             * @enum {string}
             */
            state: "open" | "done" | "failed" | "refused";
            createdAt: components["schemas"]["Time"];
            endedAt: components["schemas"]["Time"] | null;
            contact_id: string | null;
            deal_ids: (string | null)[];
            ticket_ids: (string | null)[];
            notes: components["schemas"]["RegistrationNote"][];
            /** @description Why it was refused */
            problems: components["schemas"]["RegistrationNote"][];
            failed: components["schemas"]["RegistrationFailure"][];
            steps: components["schemas"]["RegistrationStep"][];
        };
        RegistrationStep: {
            step: string;
            /** @enum {string} */
            state: "intended" | "ambiguous" | "done" | "failed";
            tries: number;
            /** @description Records that may have been made twice, since an answer was lost */
            doubts: number;
            resolvedAt: components["schemas"]["Time"] | null;
        };
        RegistrationPage: {
            items: components["schemas"]["Registration"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        RecordsAtHubSpot: {
            /** @description Null: these were the last */
            next_after: string | null;
        } & {
            [key: string]: {
                id: components["schemas"]["RecordId"];
                properties: {
                    [key: string]: string | null;
                };
                createdAt: components["schemas"]["Time"];
                updatedAt: components["schemas"]["Time"];
            }[];
        };
        RecordChangePage: {
            items: components["schemas"]["RecordChange"][];
            /** @description `after` of the next call, also where nothing follows yet */
            next: components["schemas"]["FeedPosition"];
            /** @description More may be read at once */
            more: boolean;
            /** @description The database was restored or copied since this position: changes that were made since the copy come again, as far as they are still so */
            restored: boolean;
            /** @description The position is older than the changes that are kept (a week): some may have been missed. Read the records anew */
            expired: boolean;
        };
        RecordChange: {
            position: components["schemas"]["FeedPosition"];
            portalId: components["schemas"]["PortalId"];
            objectType: components["schemas"]["ObjectType"];
            recordId: components["schemas"]["RecordId"];
            /** @enum {string} */
            action: "Created" | "Updated" | "Deleted" | "Restored" | "Erased" | "Merged" | "Associated" | "Dissociated";
            /** @description It was there when its type, or the property, was mirrored for the first time */
            initial: boolean;
            /** @description By property; null: no value. Of a record that was not there before, all of them; of one that is not there any more, those that it had. Of a merge, what differs from the survivor as it was */
            changed: {
                [key: string]: {
                    before: string | null;
                    after: string | null;
                };
            };
            /** @description Of a merge: the records that are this one now. Of all others empty */
            mergedIds: components["schemas"]["RecordId"][];
            /** @description Of `Associated` and `Dissociated` the other end and the type; null of all others */
            association: components["schemas"]["Association"] | null;
            /** @description Of a contact: the ids of its companies, at most 100, as the mirror has them when the change is read. Null of all other types */
            companies: components["schemas"]["RecordId"][] | null;
            /** @description By HubSpot's clock. Of `Associated` and `Dissociated`, whose time HubSpot does not tell, when it was seen, by ours */
            happenedAt: components["schemas"]["Time"];
        };
        Association: {
            toType: components["schemas"]["ObjectType"];
            toId: components["schemas"]["RecordId"];
            /** @description `HUBSPOT_DEFINED`, `USER_DEFINED`, `INTEGRATOR_DEFINED` */
            category: string;
            /** @description HubSpot's number of the type, as seen from the record */
            typeId: number;
            /** @description Null: the type without a label, which every association has */
            label: string | null;
        };
        SqlViewPage: {
            items: components["schemas"]["SqlView"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        SqlView: {
            portalId: components["schemas"]["PortalId"];
            objectType: components["schemas"]["ObjectType"];
            /** @description In the schema `mirror`: `SELECT * FROM mirror.contacts_62515` */
            name: string;
            columns: number;
            /** @description Properties without a column of their own, as a view has 1,600: they are in `properties` */
            leftOut: number;
            madeAt: components["schemas"]["Time"];
            /** @description Somebody keeps it open: it is made anew by itself when they have ended */
            waitingSince: components["schemas"]["Time"] | null;
        };
        StoredPage: {
            items: components["schemas"]["StoredOfRecord"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        StoredOfRecord: {
            table: string;
            /** @description As it is stored */
            row: {
                [key: string]: unknown;
            };
        };
        ErasurePreview: {
            portalId: components["schemas"]["PortalId"];
            objectType: components["schemas"]["ObjectType"];
            recordId: components["schemas"]["RecordId"];
            mirrored: boolean;
            /** @description By which others name it */
            words: string[];
        };
        Erasure: {
            /** Format: uuid */
            id: string;
            portalId: components["schemas"]["PortalId"];
            objectType: components["schemas"]["ObjectType"];
            /** @description A keyed hash of the id, which is not kept */
            mark: string;
            requestedBy: string;
            requestedAt: components["schemas"]["Time"];
            /** @description Null: it goes on */
            doneAt: components["schemas"]["Time"] | null;
            /** @description How many rows of which table were removed or emptied */
            erased: {
                [key: string]: number;
            };
            /** @description Why it could not go on last; it is tried again until it is done */
            failure: string | null;
        };
        ErasurePage: {
            items: components["schemas"]["Erasure"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        ConsumerPage: {
            items: components["schemas"]["Consumer"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        Consumer: {
            name: components["schemas"]["ConsumerName"];
            /**
             * @description `handler`: `on` of `sluice.config.ts` defines it
             * @enum {string}
             */
            sink: "pull" | "webhook" | "handler";
            url: string | null;
            /** @description Whether what it is sent is signed */
            hasSecret: boolean;
            portalIds: components["schemas"]["PortalId"][] | null;
            objectTypes: components["schemas"]["ObjectType"][] | null;
            actions: ("Created" | "Updated" | "Deleted" | "Restored" | "Erased" | "Merged" | "Associated" | "Dissociated")[] | null;
            initial: boolean;
            /** @description Further behind than this the mirror of its portals waits, so that nothing is dropped. Null: it never waits */
            lagLimitMinutes: number | null;
            /**
             * @description `behind`: further than its limit, so the mirror of its portals waits; `failing`: its calls fail
             * @enum {string}
             */
            state: "reading" | "behind" | "failing" | "paused";
            /** @description Up to here it has all that it wants */
            position: components["schemas"]["FeedPosition"];
            /** @description When the first change was recorded that it has not had; null: none, some seconds ago */
            unreadSince: components["schemas"]["Time"] | null;
            behindSince: components["schemas"]["Time"] | null;
            /** @description Changes were removed before it had them, and it has not been told */
            missedAt: components["schemas"]["Time"] | null;
            /** @description When it last took or acknowledged changes */
            takenAt: components["schemas"]["Time"] | null;
            createdAt: components["schemas"]["Time"];
            pause: {
                at: components["schemas"]["Time"];
                reason: string | null;
            } | null;
            failure: {
                message: string;
                inARow: number;
                since: components["schemas"]["Time"];
                nextTryAt: components["schemas"]["Time"];
            } | null;
            /** @description A hundred stands for that many or more */
            deadLetters: number;
        };
        ConsumerSet: {
            name: components["schemas"]["ConsumerName"];
            /**
             * @description `handler`: `on` of `sluice.config.ts` defines it
             * @enum {string}
             */
            sink: "pull" | "webhook" | "handler";
            url: string | null;
            /** @description Whether what it is sent is signed */
            hasSecret: boolean;
            portalIds: components["schemas"]["PortalId"][] | null;
            objectTypes: components["schemas"]["ObjectType"][] | null;
            actions: ("Created" | "Updated" | "Deleted" | "Restored" | "Erased" | "Merged" | "Associated" | "Dissociated")[] | null;
            initial: boolean;
            /** @description Further behind than this the mirror of its portals waits, so that nothing is dropped. Null: it never waits */
            lagLimitMinutes: number | null;
            /**
             * @description `behind`: further than its limit, so the mirror of its portals waits; `failing`: its calls fail
             * @enum {string}
             */
            state: "reading" | "behind" | "failing" | "paused";
            /** @description Up to here it has all that it wants */
            position: components["schemas"]["FeedPosition"];
            /** @description When the first change was recorded that it has not had; null: none, some seconds ago */
            unreadSince: components["schemas"]["Time"] | null;
            behindSince: components["schemas"]["Time"] | null;
            /** @description Changes were removed before it had them, and it has not been told */
            missedAt: components["schemas"]["Time"] | null;
            /** @description When it last took or acknowledged changes */
            takenAt: components["schemas"]["Time"] | null;
            createdAt: components["schemas"]["Time"];
            pause: {
                at: components["schemas"]["Time"];
                reason: string | null;
            } | null;
            failure: {
                message: string;
                inARow: number;
                since: components["schemas"]["Time"];
                nextTryAt: components["schemas"]["Time"];
            } | null;
            /** @description A hundred stands for that many or more */
            deadLetters: number;
            secret?: string;
        };
        DeadChangePage: {
            items: components["schemas"]["DeadChange"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        DeadChange: {
            position: components["schemas"]["FeedPosition"];
            portalId: components["schemas"]["PortalId"];
            objectType: components["schemas"]["ObjectType"];
            recordId: components["schemas"]["RecordId"];
            /** @description What the receiver answered, 500 where a handler has thrown; null: it waits behind an earlier one of its record */
            status: number | null;
            /** @description It is about to be sent again */
            redriven: boolean;
            diedAt: components["schemas"]["Time"];
        };
        DeadChangesEnded: {
            count: number;
        };
        Workspace: {
            /** Format: uuid */
            id: string;
            name: string;
            createdAt: components["schemas"]["Time"];
            /** @description Where notices of its portals are sent */
            notifyUrl: string | null;
            /** @description Whether what is sent there is signed */
            hasNotifySecret: boolean;
            /**
             * @description What becomes of a record that HubSpot has under another key: it gets ours, or its events wait
             * @enum {string}
             */
            foundByAnotherKey: "adopt" | "wait";
        };
        ChangedWorkspace: {
            /** Format: uuid */
            id: string;
            name: string;
            createdAt: components["schemas"]["Time"];
            /** @description Where notices of its portals are sent */
            notifyUrl: string | null;
            /** @description Whether what is sent there is signed */
            hasNotifySecret: boolean;
            /**
             * @description What becomes of a record that HubSpot has under another key: it gets ours, or its events wait
             * @enum {string}
             */
            foundByAnotherKey: "adopt" | "wait";
            notifySecret?: string;
        };
        ApiKeyPage: {
            items: components["schemas"]["ApiKey"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        ApiKey: {
            id: components["schemas"]["KeyId"];
            name: string;
            /** @description Its first characters, enough to recognise it */
            prefix: string;
            scopes: string[];
            /** @enum {string} */
            state: "active" | "revoked" | "expired";
            createdAt: components["schemas"]["Time"];
            createdBy: string | null;
            expiresAt: components["schemas"]["Time"] | null;
            revokedAt: components["schemas"]["Time"] | null;
            lastUsedAt: components["schemas"]["Time"] | null;
            rotatedFrom: components["schemas"]["KeyId"] | null;
            rotatedTo: components["schemas"]["KeyId"] | null;
        };
        NewApiKeyAnswer: {
            id: components["schemas"]["KeyId"];
            name: string;
            /** @description Its first characters, enough to recognise it */
            prefix: string;
            scopes: string[];
            /** @enum {string} */
            state: "active" | "revoked" | "expired";
            createdAt: components["schemas"]["Time"];
            createdBy: string | null;
            expiresAt: components["schemas"]["Time"] | null;
            revokedAt: components["schemas"]["Time"] | null;
            lastUsedAt: components["schemas"]["Time"] | null;
            rotatedFrom: components["schemas"]["KeyId"] | null;
            rotatedTo: components["schemas"]["KeyId"] | null;
            /** @description The key itself: in this answer and nowhere else */
            key: string;
        };
        NoticePage: {
            items: components["schemas"]["Notice"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        Notice: {
            id: components["schemas"]["Id"];
            /** @example portal.reauth_required */
            kind: string;
            portalId: components["schemas"]["PortalId"] | null;
            detail: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            state: "pending" | "delivered" | "failed" | "kept";
            createdAt: components["schemas"]["Time"];
            deliveredAt: components["schemas"]["Time"] | null;
            attempts: number;
            lastError: string | null;
        };
        AuditPage: {
            items: components["schemas"]["AuditEntry"][];
            /** @description `after` of the next page; null: this was the last */
            next: string | null;
        };
        AuditEntry: {
            seq: components["schemas"]["Id"];
            at: components["schemas"]["Time"];
            /** @description `key:<id>`, `setup`, `cli`, `hubspot` or `system` */
            actor: string;
            /** @example lane.change */
            operation: string;
            portalId: components["schemas"]["PortalId"] | null;
            subject: {
                [key: string]: unknown;
            };
            /** @description `ok`, or the code of the error */
            result: string;
            /** @description Of this entry and all before it */
            hash: string;
        };
        AuditVerdict: {
            /** Format: uuid */
            workspaceId: string;
            ok: boolean;
            /** @description The first entry that is not as it must be */
            problem: {
                seq: string;
                kind: string;
                detail: string;
            } | null;
            entries: number;
            end: {
                seq: string;
                hash: string;
            };
            /** @description Signed heads on the way; those of keys that are no longer listed apart */
            heads: {
                genuine: number;
                unknownKey: number;
            };
            head: string | null;
        };
        ActionAnswer: {
            outputFields: {
                /** @enum {string} */
                hs_execution_state: "BLOCK" | "SUCCESS" | "FAIL_CONTINUE";
                /** @description Of BLOCK: so long HubSpot holds the record, as an ISO 8601 duration */
                hs_expiration_duration?: string;
                sluice_status?: string;
                sluice_wait_seconds?: string;
                /** @description How many were in its lane with it when it was taken in */
                sluice_place?: string;
                /** @description Of BLOCK: when its turn comes by the rate, in milliseconds since 1970 */
                sluice_eta?: string;
                sluice_queue?: string;
                sluice_reason?: string;
            };
        };
        Refusal: {
            message: string;
        };
        DefinedActionAnswer: {
            /** @description `hs_execution_state`: `BLOCK` with `hs_expiration_duration`, `SUCCESS` with the outputs, or `FAIL_CONTINUE` with `errorCode` */
            outputFields: {
                [key: string]: string;
            };
        };
        FieldOptions: {
            options: {
                label: string;
                value: string;
                description?: string;
            }[];
            /** @description Where the next page begins */
            after?: string;
            /** @description Whether `q` is searched for */
            searchable?: boolean;
        };
        WebhooksTaken: {
            taken: number;
        };
        Front: {
            name: string;
            api: string;
            health: string;
            ready: string;
        };
        Liveness: {
            /** @constant */
            status: "alive";
            uptimeSeconds: number;
        };
        Readiness: {
            /** @enum {string} */
            status: "ready" | "degraded" | "starting" | "not ready" | "stopping";
            /** @description What it needs, each; not looked at while it stops */
            checks?: {
                [key: string]: components["schemas"]["Check"];
            };
        };
        Check: {
            ok: boolean;
            ms: number;
            problem?: string;
            /** @description What to do */
            mend?: string;
        };
    };
    responses: {
        /** @description The request is not valid */
        InvalidInput: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request is not authenticated */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The key does not allow this */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not found */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too many requests */
        TooManyRequests: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Something failed on our side */
        Internal: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Temporarily unavailable */
        Unavailable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request took too long to arrive */
        RequestTimeout: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It has been changed meanwhile */
        PreconditionFailed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is too large */
        BodyTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body must be JSON */
        UnsupportedMediaType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The state does not allow this */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The key was used for something else */
        IdempotencyConflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request is not valid */
        InvalidInputPage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description This installation is no longer valid */
        InstallExpiredPage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description Too many requests */
        TooManyRequestsPage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description Something failed on our side */
        InternalPage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description Temporarily unavailable */
        UnavailablePage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description This is not the browser that began the installation */
        InstallWrongBrowserPage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description The body is too large */
        BodyTooLargePage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description The body must be JSON */
        UnsupportedMediaTypePage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description The installation was not allowed; This is not the browser that began the installation; A permission is missing */
        InstallDeniedOrInstallWrongBrowserOrInstallMissingScopePage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description This is another HubSpot account; This account cannot be connected here; The account is being disconnected */
        InstallWrongAccountOrInstallRefusedOrInstallBusyPage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description The app is not set up correctly; Something failed on our side */
        InstallMisconfiguredOrInternalPage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description HubSpot cannot be reached; The account is not connected yet; Temporarily unavailable */
        InstallUnavailableOrInstallKeptOrUnavailablePage: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description Not all of it was written */
        RegistrationFailed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
/** The operations of the API, by name. */
export interface operations {
    listAttention: {
        parameters: {
            query?: {
                severity?: "urgent" | "soon";
                kind?: "not_ready" | "audit_broken" | "portal_reauth" | "install_kept" | "token_failing" | "releases_suspended" | "breaker_open" | "lane_behind" | "expiry_near" | "outbox_circuit_open" | "events_behind" | "consumer_missed" | "consumer_behind" | "feed_held" | "executions_failed" | "executions_gone" | "executions_expired" | "executions_refused" | "executions_rejected" | "action_runs_failed" | "action_runs_failing" | "lane_paused" | "portal_blocked" | "day_limit_near" | "error_share" | "scopes_missing" | "portal_disconnecting" | "outbox_paused" | "sync_paused" | "sync_deletes_held" | "erasures_unsure" | "registration_failed" | "registration_waits" | "consumer_failing" | "consumer_dead_letters" | "sync_failing" | "webhooks_missing" | "answers_unclear" | "records_in_conflict" | "dead_letters" | "events_unassigned" | "redrive_failed" | "notices_failing" | "api_key_ends" | "encryption_key_retired";
                portalId?: number | string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of items */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "lane_paused:17",
                     *           "kind": "lane_paused",
                     *           "severity": "soon",
                     *           "about": {
                     *             "kind": "lane",
                     *             "id": "17"
                     *           },
                     *           "portalId": 41000009,
                     *           "since": "2027-01-01T09:30:00.000Z",
                     *           "count": 250,
                     *           "happened": "Lane 17, queue:mail, is paused (partner is down): 250 executions wait",
                     *           "mend": "Let it go on when the reason is gone",
                     *           "command": "npx sluice lanes resume 17",
                     *           "request": "PATCH /api/lanes/17",
                     *           "runbook": "/docs/guide/operations#a-lane-is-paused"
                     *         }
                     *       ],
                     *       "next": null,
                     *       "ok": false,
                     *       "more": [],
                     *       "unseen": []
                     *     }
                     */
                    "application/json": components["schemas"]["AttentionPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counts; which things need somebody is said by `/api/attention` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": false,
                     *       "urgent": 0,
                     *       "soon": 1,
                     *       "features": [
                     *         {
                     *           "feature": "throttle",
                     *           "waiting": 250,
                     *           "sending": 0,
                     *           "failed": 0
                     *         },
                     *         {
                     *           "feature": "outbox",
                     *           "waiting": 3,
                     *           "sending": 1,
                     *           "failed": 0
                     *         }
                     *       ],
                     *       "portals": {
                     *         "active": 2,
                     *         "reauth_required": 0,
                     *         "disconnecting": 0,
                     *         "disconnected": 1
                     *       },
                     *       "more": [],
                     *       "unseen": []
                     *     }
                     */
                    "application/json": components["schemas"]["Status"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    search: {
        parameters: {
            query: {
                q: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What has this id, the newest of a kind first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "kind": "execution",
                     *           "id": "700",
                     *           "portalId": 41000009,
                     *           "what": "Execution of record 100456363381, completed",
                     *           "command": "npx sluice executions show 700",
                     *           "path": "/api/executions/700"
                     *         }
                     *       ],
                     *       "more": [],
                     *       "unseen": []
                     *     }
                     */
                    "application/json": components["schemas"]["SearchResult"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listLanes: {
        parameters: {
            query?: {
                portalId?: number | string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of lanes, in the order in which they were made */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "17",
                     *           "portalId": 41000009,
                     *           "key": "step:1001/12",
                     *           "queue": null,
                     *           "queueNote": null,
                     *           "workflowId": "1001",
                     *           "step": "12",
                     *           "actionId": "33540408",
                     *           "rate": {
                     *             "limit": 50,
                     *             "intervalMs": 5000,
                     *             "text": "50 per 5 s",
                     *             "source": "input",
                     *             "override": null
                     *           },
                     *           "rateNote": null,
                     *           "spread": false,
                     *           "portal": {
                     *             "state": "active",
                     *             "reason": null
                     *           },
                     *           "suspended": null,
                     *           "paused": null,
                     *           "maxPerWorkflow": null,
                     *           "beyondBlock": "refuse",
                     *           "waiting": 250,
                     *           "sending": 0,
                     *           "oldestWaitingMs": 4200,
                     *           "lastEta": "2027-01-01T09:30:25.000Z",
                     *           "lastEtaMs": 20800,
                     *           "window": {
                     *             "used": 50,
                     *             "free": 0,
                     *             "nextFreeInMs": 800
                     *           }
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["LanePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showLane: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The lane */
            200: {
                headers: {
                    /** @description Names what is set there: send it as `If-Match` with a change */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "17",
                     *       "portalId": 41000009,
                     *       "key": "step:1001/12",
                     *       "queue": null,
                     *       "queueNote": null,
                     *       "workflowId": "1001",
                     *       "step": "12",
                     *       "actionId": "33540408",
                     *       "rate": {
                     *         "limit": 50,
                     *         "intervalMs": 5000,
                     *         "text": "50 per 5 s",
                     *         "source": "input",
                     *         "override": null
                     *       },
                     *       "rateNote": null,
                     *       "spread": false,
                     *       "portal": {
                     *         "state": "active",
                     *         "reason": null
                     *       },
                     *       "suspended": null,
                     *       "paused": null,
                     *       "maxPerWorkflow": null,
                     *       "beyondBlock": "refuse",
                     *       "waiting": 250,
                     *       "sending": 0,
                     *       "oldestWaitingMs": 4200,
                     *       "lastEta": "2027-01-01T09:30:25.000Z",
                     *       "lastEtaMs": 20800,
                     *       "window": {
                     *         "used": 50,
                     *         "free": 0,
                     *         "nextFreeInMs": 800
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Lane"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    changeLane: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: nothing is changed where it no longer holds */
                "if-match"?: string;
            };
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "rate": {
                 *         "limit": 200,
                 *         "intervalMs": 5000
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["LaneChange"];
            };
        };
        responses: {
            /** @description The lane */
            200: {
                headers: {
                    /** @description Names what is set there: send it as `If-Match` with a change */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "17",
                     *       "portalId": 41000009,
                     *       "key": "step:1001/12",
                     *       "queue": null,
                     *       "queueNote": null,
                     *       "workflowId": "1001",
                     *       "step": "12",
                     *       "actionId": "33540408",
                     *       "rate": {
                     *         "limit": 50,
                     *         "intervalMs": 5000,
                     *         "text": "50 per 5 s",
                     *         "source": "input",
                     *         "override": null
                     *       },
                     *       "rateNote": null,
                     *       "spread": false,
                     *       "portal": {
                     *         "state": "active",
                     *         "reason": null
                     *       },
                     *       "suspended": null,
                     *       "paused": null,
                     *       "maxPerWorkflow": null,
                     *       "beyondBlock": "refuse",
                     *       "waiting": 250,
                     *       "sending": 0,
                     *       "oldestWaitingMs": 4200,
                     *       "lastEta": "2027-01-01T09:30:25.000Z",
                     *       "lastEtaMs": 20800,
                     *       "window": {
                     *         "used": 50,
                     *         "free": 0,
                     *         "nextFreeInMs": 800
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Lane"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    drainLane: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "as": "cancelled"
                 *     }
                 */
                "application/json": components["schemas"]["Drain"];
            };
        };
        responses: {
            /** @description So many executions end */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "laneId": "17",
                     *       "as": "cancelled",
                     *       "drained": 250
                     *     }
                     */
                    "application/json": components["schemas"]["Drained"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listExecutions: {
        parameters: {
            query?: {
                portalId?: number | string;
                laneId?: string;
                state?: "waiting" | "sending" | "completed" | "refused" | "skipped" | "expired" | "cancelled" | "failed" | "gone" | "rejected";
                /** @description HubSpot's `callbackId` of the call */
                callbackId?: string;
                /** @description HubSpot's id of the record, whatever kind of record it is */
                objectId?: string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of executions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "300",
                     *           "portalId": 41000009,
                     *           "callbackId": "ap-41000009-2000000000300-12-0",
                     *           "laneId": "1",
                     *           "state": "waiting",
                     *           "reason": null,
                     *           "endRequested": null,
                     *           "source": "WORKFLOWS",
                     *           "objectId": "90210",
                     *           "attempts": 0,
                     *           "receivedAt": "2027-01-01T09:30:00.000Z",
                     *           "plannedAt": "2027-01-01T09:30:25.000Z",
                     *           "expiresAt": "2027-01-08T09:30:00.000Z",
                     *           "finishedAt": null,
                     *           "waitedMs": 4200,
                     *           "workflowId": "throttle/41000009/ap-41000009-2000000000251-12-0"
                     *         }
                     *       ],
                     *       "next": "299"
                     *     }
                     */
                    "application/json": components["schemas"]["ExecutionPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showExecution: {
        parameters: {
            query?: {
                payload?: string;
            };
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The execution */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "300",
                     *       "portalId": 41000009,
                     *       "callbackId": "ap-41000009-2000000000300-12-0",
                     *       "laneId": "1",
                     *       "state": "waiting",
                     *       "reason": null,
                     *       "endRequested": null,
                     *       "source": "WORKFLOWS",
                     *       "objectId": "90210",
                     *       "attempts": 0,
                     *       "receivedAt": "2027-01-01T09:30:00.000Z",
                     *       "plannedAt": "2027-01-01T09:30:25.000Z",
                     *       "expiresAt": "2027-01-08T09:30:00.000Z",
                     *       "finishedAt": null,
                     *       "waitedMs": 4200,
                     *       "workflowId": "throttle/41000009/ap-41000009-2000000000251-12-0",
                     *       "position": 201,
                     *       "eta": "2027-01-01T09:30:25.000Z",
                     *       "etaMs": 20800
                     *     }
                     */
                    "application/json": components["schemas"]["ExecutionDetail"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    cancelExecution: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The execution, which will do so */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "300",
                     *       "portalId": 41000009,
                     *       "callbackId": "ap-41000009-2000000000300-12-0",
                     *       "laneId": "1",
                     *       "state": "waiting",
                     *       "reason": null,
                     *       "endRequested": null,
                     *       "source": "WORKFLOWS",
                     *       "objectId": "90210",
                     *       "attempts": 0,
                     *       "receivedAt": "2027-01-01T09:30:00.000Z",
                     *       "plannedAt": "2027-01-01T09:30:25.000Z",
                     *       "expiresAt": "2027-01-08T09:30:00.000Z",
                     *       "finishedAt": null,
                     *       "waitedMs": 4200,
                     *       "workflowId": "throttle/41000009/ap-41000009-2000000000251-12-0",
                     *       "position": 201,
                     *       "eta": "2027-01-01T09:30:25.000Z",
                     *       "etaMs": 20800
                     *     }
                     */
                    "application/json": components["schemas"]["ExecutionDetail"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    releaseExecution: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The execution, which will do so */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "300",
                     *       "portalId": 41000009,
                     *       "callbackId": "ap-41000009-2000000000300-12-0",
                     *       "laneId": "1",
                     *       "state": "waiting",
                     *       "reason": null,
                     *       "endRequested": null,
                     *       "source": "WORKFLOWS",
                     *       "objectId": "90210",
                     *       "attempts": 0,
                     *       "receivedAt": "2027-01-01T09:30:00.000Z",
                     *       "plannedAt": "2027-01-01T09:30:25.000Z",
                     *       "expiresAt": "2027-01-08T09:30:00.000Z",
                     *       "finishedAt": null,
                     *       "waitedMs": 4200,
                     *       "workflowId": "throttle/41000009/ap-41000009-2000000000251-12-0",
                     *       "position": 201,
                     *       "eta": "2027-01-01T09:30:25.000Z",
                     *       "etaMs": 20800
                     *     }
                     */
                    "application/json": components["schemas"]["ExecutionDetail"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    retryExecution: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The execution, which will do so */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "300",
                     *       "portalId": 41000009,
                     *       "callbackId": "ap-41000009-2000000000300-12-0",
                     *       "laneId": "1",
                     *       "state": "waiting",
                     *       "reason": null,
                     *       "endRequested": null,
                     *       "source": "WORKFLOWS",
                     *       "objectId": "90210",
                     *       "attempts": 0,
                     *       "receivedAt": "2027-01-01T09:30:00.000Z",
                     *       "plannedAt": "2027-01-01T09:30:25.000Z",
                     *       "expiresAt": "2027-01-08T09:30:00.000Z",
                     *       "finishedAt": null,
                     *       "waitedMs": 4200,
                     *       "workflowId": "throttle/41000009/ap-41000009-2000000000251-12-0",
                     *       "position": 201,
                     *       "eta": "2027-01-01T09:30:25.000Z",
                     *       "etaMs": 20800
                     *     }
                     */
                    "application/json": components["schemas"]["ExecutionDetail"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listActionRates: {
        parameters: {
            query?: {
                portal_id?: number | string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of rates */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "portal_id": 41000009,
                     *           "action_id": "33540408",
                     *           "max_throughput": 50,
                     *           "time": 5,
                     *           "period": "seconds",
                     *           "rate": "50 per 5 s",
                     *           "updated_at": "2027-01-01T09:30:00.000Z"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["ActionRatePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    setActionRate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "portal_id": 41000009,
                 *       "action_id": "33540408",
                 *       "max_throughput": 50,
                 *       "time": 5,
                 *       "period": "seconds"
                 *     }
                 */
                "application/json": components["schemas"]["NewActionRate"];
            };
        };
        responses: {
            /** @description The rate, and how many lanes it changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portal_id": 41000009,
                     *       "action_id": "33540408",
                     *       "max_throughput": 50,
                     *       "time": 5,
                     *       "period": "seconds",
                     *       "rate": "50 per 5 s",
                     *       "updated_at": "2027-01-01T09:30:00.000Z",
                     *       "lanes_changed": 1
                     *     }
                     */
                    "application/json": components["schemas"]["ActionRateSet"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showActionRate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portal_id: number | string;
                /** @description The id of an action */
                action_id: string | number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rate */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portal_id": 41000009,
                     *       "action_id": "33540408",
                     *       "max_throughput": 50,
                     *       "time": 5,
                     *       "period": "seconds",
                     *       "rate": "50 per 5 s",
                     *       "updated_at": "2027-01-01T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ActionRate"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteActionRate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portal_id: number | string;
                /** @description The id of an action */
                action_id: string | number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listActions: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "name": "greet",
                     *           "version": 1,
                     *           "label": "Greet",
                     *           "path": "/api/hubspot/actions/greet",
                     *           "answer": "callback",
                     *           "objectTypes": [],
                     *           "inputs": [
                     *             {
                     *               "name": "name",
                     *               "type": "string",
                     *               "isRequired": true
                     *             }
                     *           ],
                     *           "outputs": [
                     *             "greeting"
                     *           ]
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["ActionPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listActionRuns: {
        parameters: {
            query?: {
                portalId?: number | string;
                action?: string;
                state?: "waiting" | "completing" | "completed" | "failed" | "cancelled" | "gone" | "refused" | "rejected";
                /** @description HubSpot's `callbackId` of the call */
                callbackId?: string;
                /** @description HubSpot's id of the record, whatever kind of record it is */
                objectId?: string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of runs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "41",
                     *           "portalId": 41000009,
                     *           "action": "greet",
                     *           "version": 1,
                     *           "callbackId": "ap-41000009-2000000000300-12-0",
                     *           "source": "WORKFLOWS",
                     *           "objectId": "90210",
                     *           "state": "completed",
                     *           "errorCode": null,
                     *           "reason": null,
                     *           "attempts": 1,
                     *           "doubts": 0,
                     *           "receivedAt": "2027-01-01T09:30:00.000Z",
                     *           "giveUpAt": "2027-01-02T09:30:00.000Z",
                     *           "expiresAt": "2027-01-08T09:30:00.000Z",
                     *           "endedAt": "2027-01-01T09:30:01.200Z"
                     *         }
                     *       ],
                     *       "next": "40"
                     *     }
                     */
                    "application/json": components["schemas"]["ActionRunPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showActionRun: {
        parameters: {
            query?: {
                data?: string;
            };
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "41",
                     *       "portalId": 41000009,
                     *       "action": "greet",
                     *       "version": 1,
                     *       "callbackId": "ap-41000009-2000000000300-12-0",
                     *       "source": "WORKFLOWS",
                     *       "objectId": "90210",
                     *       "state": "completed",
                     *       "errorCode": null,
                     *       "reason": null,
                     *       "attempts": 1,
                     *       "doubts": 0,
                     *       "receivedAt": "2027-01-01T09:30:00.000Z",
                     *       "giveUpAt": "2027-01-02T09:30:00.000Z",
                     *       "expiresAt": "2027-01-08T09:30:00.000Z",
                     *       "endedAt": "2027-01-01T09:30:01.200Z",
                     *       "input": null,
                     *       "outputs": null,
                     *       "error": null
                     *     }
                     */
                    "application/json": components["schemas"]["ActionRunDetail"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    retryActionRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run, which will do so */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "41",
                     *       "portalId": 41000009,
                     *       "action": "greet",
                     *       "version": 1,
                     *       "callbackId": "ap-41000009-2000000000300-12-0",
                     *       "source": "WORKFLOWS",
                     *       "objectId": "90210",
                     *       "state": "completed",
                     *       "errorCode": null,
                     *       "reason": null,
                     *       "attempts": 1,
                     *       "doubts": 0,
                     *       "receivedAt": "2027-01-01T09:30:00.000Z",
                     *       "giveUpAt": "2027-01-02T09:30:00.000Z",
                     *       "expiresAt": "2027-01-08T09:30:00.000Z",
                     *       "endedAt": "2027-01-01T09:30:01.200Z",
                     *       "input": null,
                     *       "outputs": null,
                     *       "error": null
                     *     }
                     */
                    "application/json": components["schemas"]["ActionRunDetail"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    cancelActionRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run, which will do so */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "41",
                     *       "portalId": 41000009,
                     *       "action": "greet",
                     *       "version": 1,
                     *       "callbackId": "ap-41000009-2000000000300-12-0",
                     *       "source": "WORKFLOWS",
                     *       "objectId": "90210",
                     *       "state": "completed",
                     *       "errorCode": null,
                     *       "reason": null,
                     *       "attempts": 1,
                     *       "doubts": 0,
                     *       "receivedAt": "2027-01-01T09:30:00.000Z",
                     *       "giveUpAt": "2027-01-02T09:30:00.000Z",
                     *       "expiresAt": "2027-01-08T09:30:00.000Z",
                     *       "endedAt": "2027-01-01T09:30:01.200Z",
                     *       "input": null,
                     *       "outputs": null,
                     *       "error": null
                     *     }
                     */
                    "application/json": components["schemas"]["ActionRunDetail"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listPortals: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of portals, by number */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "portalId": 41000009,
                     *           "name": "Acme",
                     *           "hubDomain": "acme.example",
                     *           "state": "active",
                     *           "stateReason": null,
                     *           "stateChangedAt": "2027-01-01T09:30:00.000Z",
                     *           "timeZone": "Europe/Dublin",
                     *           "auth": "oauth",
                     *           "scopes": [
                     *             "oauth",
                     *             "automation"
                     *           ],
                     *           "token": {
                     *             "expiresAt": "2027-01-01T10:00:00.000Z",
                     *             "refreshedAt": "2027-01-01T09:30:00.000Z",
                     *             "ageMs": 81234,
                     *             "refreshFailures": 0,
                     *             "refreshError": null
                     *           },
                     *           "throttleEnabled": true,
                     *           "syncEnabled": false,
                     *           "eventsEnabled": false,
                     *           "verifiedAt": "2027-01-01T09:30:00.000Z",
                     *           "installedAt": "2027-01-01T09:30:00.000Z",
                     *           "updatedAt": "2027-01-01T09:30:00.000Z"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["PortalPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    connectPortal: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "portalId": 41000009,
                 *       "accessToken": "pat-eu1-0a1b2c3d",
                 *       "name": "Acme",
                 *       "timeZone": "Europe/Dublin"
                 *     }
                 */
                "application/json": components["schemas"]["PortalConnection"];
            };
        };
        responses: {
            /** @description The portal */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "name": "Acme",
                     *       "state": "active",
                     *       "stateReason": null,
                     *       "timeZone": "Europe/Dublin",
                     *       "tokenExpiresAt": null,
                     *       "installedAt": "2027-01-01T09:30:00.000Z",
                     *       "updatedAt": "2027-01-01T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ConnectedPortal"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showPortal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The portal */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "name": "Acme",
                     *       "hubDomain": "acme.example",
                     *       "state": "active",
                     *       "stateReason": null,
                     *       "stateChangedAt": "2027-01-01T09:30:00.000Z",
                     *       "timeZone": "Europe/Dublin",
                     *       "auth": "oauth",
                     *       "scopes": [
                     *         "oauth",
                     *         "automation"
                     *       ],
                     *       "token": {
                     *         "expiresAt": "2027-01-01T10:00:00.000Z",
                     *         "refreshedAt": "2027-01-01T09:30:00.000Z",
                     *         "ageMs": 81234,
                     *         "refreshFailures": 0,
                     *         "refreshError": null
                     *       },
                     *       "throttleEnabled": true,
                     *       "syncEnabled": false,
                     *       "eventsEnabled": false,
                     *       "verifiedAt": "2027-01-01T09:30:00.000Z",
                     *       "installedAt": "2027-01-01T09:30:00.000Z",
                     *       "updatedAt": "2027-01-01T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Portal"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showPortalBudget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its limits */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "blockedUntil": null,
                     *       "blockedReason": null,
                     *       "breaker": {
                     *         "state": "closed",
                     *         "opens": 0
                     *       },
                     *       "errors": {
                     *         "day": "2027-01-01",
                     *         "timeZone": "Europe/Dublin",
                     *         "calls": 1000,
                     *         "errors": 42,
                     *         "share": 0.042,
                     *         "mostShare": 0.05,
                     *         "waiting": [
                     *           "backfill",
                     *           "sync"
                     *         ]
                     *       },
                     *       "dayLimit": {
                     *         "limit": 250000,
                     *         "used": 61200,
                     *         "share": 0.2448,
                     *         "endsAt": "2027-01-02T00:00:00.000Z",
                     *         "readAt": "2027-01-01T09:30:00.000Z"
                     *       },
                     *       "rings": [
                     *         {
                     *           "ring": "ten_secondly",
                     *           "limit": 110,
                     *           "intervalMs": 10000,
                     *           "free": 103,
                     *           "used": 7,
                     *           "leased": 1,
                     *           "others": 0,
                     *           "othersSeenAt": null,
                     *           "byPriority": {
                     *             "completion": 4,
                     *             "interactive": 0,
                     *             "outbox": 0,
                     *             "sync": 3,
                     *             "backfill": 0
                     *           },
                     *           "nextFreeAt": null,
                     *           "blockedUntil": null,
                     *           "blockedReason": null,
                     *           "refused": 0
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PortalBudget"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listPortalRequests: {
        parameters: {
            query?: {
                outcome?: "ok" | "partial" | "invalid" | "unauthorized" | "forbidden" | "notFound" | "locked" | "migrating" | "throttled" | "unavailable" | "unknown";
                status?: string;
                since?: string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of requests, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "912",
                     *           "at": "2027-01-01T09:30:00.000Z",
                     *           "method": "POST",
                     *           "path": "/automation/actions/callbacks/2026-03/complete",
                     *           "status": 204,
                     *           "outcome": "ok",
                     *           "ms": 31,
                     *           "priority": "completion",
                     *           "ring": "ten_secondly",
                     *           "budgetUsed": 12,
                     *           "correlationId": null
                     *         }
                     *       ],
                     *       "next": "912"
                     *     }
                     */
                    "application/json": components["schemas"]["HubSpotRequestPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showActionSettings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is set */
            200: {
                headers: {
                    /** @description Names what is set there: send it as `If-Match` with a change */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "version": 2,
                     *       "updatedAt": "2027-01-01T09:30:00.000Z",
                     *       "fields": [
                     *         {
                     *           "name": "apiKey",
                     *           "type": "string",
                     *           "isRequired": true,
                     *           "isSecret": true,
                     *           "values": [],
                     *           "description": "The key of the account at the partner",
                     *           "actions": [
                     *             "charge"
                     *           ],
                     *           "isSet": true,
                     *           "value": null
                     *         },
                     *         {
                     *           "name": "region",
                     *           "type": "enum",
                     *           "isRequired": true,
                     *           "isSecret": false,
                     *           "values": [
                     *             "eu",
                     *             "us"
                     *           ],
                     *           "description": null,
                     *           "actions": [
                     *             "charge",
                     *             "refund"
                     *           ],
                     *           "isSet": true,
                     *           "value": "eu"
                     *         }
                     *       ],
                     *       "waiting": []
                     *     }
                     */
                    "application/json": components["schemas"]["ActionSettings"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteActionSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: nothing is changed where it no longer holds */
                "if-match"?: string;
            };
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Nothing is set any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    changeActionSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: nothing is changed where it no longer holds */
                "if-match"?: string;
            };
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "values": {
                 *         "region": "us"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ActionSettingsChange"];
            };
        };
        responses: {
            /** @description What is set */
            200: {
                headers: {
                    /** @description Names what is set there: send it as `If-Match` with a change */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "version": 2,
                     *       "updatedAt": "2027-01-01T09:30:00.000Z",
                     *       "fields": [
                     *         {
                     *           "name": "apiKey",
                     *           "type": "string",
                     *           "isRequired": true,
                     *           "isSecret": true,
                     *           "values": [],
                     *           "description": "The key of the account at the partner",
                     *           "actions": [
                     *             "charge"
                     *           ],
                     *           "isSet": true,
                     *           "value": null
                     *         },
                     *         {
                     *           "name": "region",
                     *           "type": "enum",
                     *           "isRequired": true,
                     *           "isSecret": false,
                     *           "values": [
                     *             "eu",
                     *             "us"
                     *           ],
                     *           "description": null,
                     *           "actions": [
                     *             "charge",
                     *             "refund"
                     *           ],
                     *           "isSet": true,
                     *           "value": "eu"
                     *         }
                     *       ],
                     *       "waiting": []
                     *     }
                     */
                    "application/json": components["schemas"]["ActionSettings"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    beginInstall: {
        parameters: {
            query?: {
                portalId?: number | string;
                returnTo?: string;
                features?: string;
                access?: string;
            };
            header?: {
                accept?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link, for whoever asks for JSON */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0b6f2a52-9d0e-4c1b-8f6a-3e5d7c9b1a20",
                     *       "url": "https://sluice.example.com/api/integrations/hubspot/start/3nV0…",
                     *       "expiresAt": "2027-01-01T10:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["InstallLink"];
                };
            };
            /** @description To the link, in `Location` */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createInstallLink: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "portalId": 41000009,
                 *       "features": [
                 *         "throttle",
                 *         "events"
                 *       ],
                 *       "validForMinutes": 60
                 *     }
                 */
                "application/json": components["schemas"]["NewInstallLink"];
            };
        };
        responses: {
            /** @description The link */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0b6f2a52-9d0e-4c1b-8f6a-3e5d7c9b1a20",
                     *       "url": "https://sluice.example.com/api/integrations/hubspot/start/3nV0…",
                     *       "expiresAt": "2027-01-01T10:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["InstallLink"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    claimPortal: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "eyJwIjo0MTAwMDAwOX0.kX3…"
                 *     }
                 */
                "application/json": components["schemas"]["Claim"];
            };
        };
        responses: {
            /** @description The link */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0b6f2a52-9d0e-4c1b-8f6a-3e5d7c9b1a20",
                     *       "url": "https://sluice.example.com/api/integrations/hubspot/start/3nV0…",
                     *       "expiresAt": "2027-01-01T10:30:00.000Z",
                     *       "portalId": 41000009,
                     *       "hubDomain": "acme.example"
                     *     }
                     */
                    "application/json": components["schemas"]["ClaimedInstallLink"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    openInstallLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the link */
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the person is asked */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "workspace": "Acme",
                     *       "portalId": 41000009,
                     *       "scopes": [
                     *         "automation",
                     *         "oauth"
                     *       ],
                     *       "optionalScopes": [],
                     *       "proof": "c2lnbmVkIGJ5IHRoZSBicm93c2Vy",
                     *       "expiresAt": "2027-01-01T10:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Consent"];
                    "text/html": string;
                };
            };
            400: components["responses"]["InvalidInputPage"];
            410: components["responses"]["InstallExpiredPage"];
            429: components["responses"]["TooManyRequestsPage"];
            500: components["responses"]["InternalPage"];
            503: components["responses"]["UnavailablePage"];
        };
    };
    consentToInstall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the link */
                token: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "proof": "c2lnbmVkIGJ5IHRoZSBicm93c2Vy"
                 *     }
                 */
                "application/x-www-form-urlencoded": components["schemas"]["ConsentForm"];
            };
        };
        responses: {
            /** @description To HubSpot's page, in `Location` */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInputPage"];
            403: components["responses"]["InstallWrongBrowserPage"];
            410: components["responses"]["InstallExpiredPage"];
            413: components["responses"]["BodyTooLargePage"];
            415: components["responses"]["UnsupportedMediaTypePage"];
            429: components["responses"]["TooManyRequestsPage"];
            500: components["responses"]["InternalPage"];
            503: components["responses"]["UnavailablePage"];
            /** @description No other status is answered */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    finishInstall: {
        parameters: {
            query?: {
                state?: string;
                code?: string;
                /** @description HubSpot's name of it */
                error?: string;
                /** @description Where HubSpot began: `authorize`, then `finalize` */
                step?: string;
                /** @description A page of HubSpot's, to return to */
                returnUrl?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it ended, or where it goes on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "installed": true,
                     *       "portalId": 41000009,
                     *       "hubDomain": "acme.example",
                     *       "asked": [
                     *         "automation",
                     *         "oauth"
                     *       ],
                     *       "granted": [
                     *         "oauth",
                     *         "automation"
                     *       ],
                     *       "notGranted": [],
                     *       "unmetFeatures": [],
                     *       "limitedTypes": [],
                     *       "firstTime": true
                     *     }
                     */
                    "application/json": components["schemas"]["Installed"] | components["schemas"]["LedOn"];
                    "text/html": string;
                };
            };
            /** @description To where the install goes on, or to the application that began it */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInputPage"];
            403: components["responses"]["InstallDeniedOrInstallWrongBrowserOrInstallMissingScopePage"];
            409: components["responses"]["InstallWrongAccountOrInstallRefusedOrInstallBusyPage"];
            410: components["responses"]["InstallExpiredPage"];
            429: components["responses"]["TooManyRequestsPage"];
            500: components["responses"]["InstallMisconfiguredOrInternalPage"];
            503: components["responses"]["InstallUnavailableOrInstallKeptOrUnavailablePage"];
        };
    };
    openClaim: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The claim code */
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The code, and what to do with it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "installed": false,
                     *       "claim": {
                     *         "code": "eyJwIjo0MTAwMDAwOX0.kX3",
                     *         "url": "https://sluice.example.com/api/integrations/hubspot/claim/eyJwIjo0MTAwMDAwOX0.kX3",
                     *         "portalId": 41000009,
                     *         "hubDomain": "acme.example"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ClaimPage"];
                    "text/html": string;
                };
            };
            /** @description It is claimed: to the link by which the install goes on */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInputPage"];
            410: components["responses"]["InstallExpiredPage"];
            429: components["responses"]["TooManyRequestsPage"];
            500: components["responses"]["InternalPage"];
            503: components["responses"]["UnavailablePage"];
        };
    };
    disconnectPortal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "portalId": 41000009,
                 *       "uninstall": false
                 *     }
                 */
                "application/json": components["schemas"]["Disconnect"];
            };
        };
        responses: {
            /** @description It is disconnected already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "state": "disconnected",
                     *       "workflowId": null
                     *     }
                     */
                    "application/json": components["schemas"]["Disconnecting"];
                };
            };
            /** @description It is being disconnected */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "state": "disconnecting",
                     *       "workflowId": "disconnect/41000009/4"
                     *     }
                     */
                    "application/json": components["schemas"]["Disconnecting"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showPortalSettings: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The portal */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "name": null,
                     *       "hubDomain": "acme.example",
                     *       "timeZone": "Europe/Dublin",
                     *       "auth": "oauth",
                     *       "state": "active",
                     *       "stateReason": null,
                     *       "stateChangedAt": "2027-01-01T09:30:00.000Z",
                     *       "installedAt": "2027-01-01T09:30:00.000Z",
                     *       "epoch": 3,
                     *       "scopes": [
                     *         "oauth",
                     *         "automation"
                     *       ],
                     *       "throttle": {
                     *         "enabled": true,
                     *         "missingScopes": []
                     *       },
                     *       "sync": {
                     *         "enabled": false,
                     *         "missingScopes": [
                     *           "crm.objects.contacts.read"
                     *         ]
                     *       },
                     *       "events": {
                     *         "enabled": true,
                     *         "missingScopes": []
                     *       },
                     *       "access": {
                     *         "customObjects": {
                     *           "granted": [
                     *             "crm.objects.custom.read",
                     *             "crm.schemas.custom.read"
                     *           ],
                     *           "missingScopes": []
                     *         },
                     *         "sensitive": {
                     *           "granted": [],
                     *           "missingScopes": [
                     *             "crm.objects.contacts.sensitive.read.v2"
                     *           ]
                     *         },
                     *         "highlySensitive": {
                     *           "granted": [],
                     *           "missingScopes": [
                     *             "crm.objects.contacts.highly_sensitive.read.v2"
                     *           ]
                     *         }
                     *       },
                     *       "token": {
                     *         "stored": true,
                     *         "version": 7,
                     *         "ageMs": 81234,
                     *         "expiresAt": "2027-01-01T10:00:00.000Z",
                     *         "expiresInMs": 1718766,
                     *         "refreshedAt": "2027-01-01T09:30:00.000Z",
                     *         "refreshFailures": 0,
                     *         "refreshError": null
                     *       },
                     *       "disconnect": null,
                     *       "limitedTypes": [
                     *         {
                     *           "type": "nova_redeemed",
                     *           "why": "scope",
                     *           "hasFallback": true
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PortalSettings"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    switchFeatures: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "throttle": true,
                 *       "events": true
                 *     }
                 */
                "application/json": components["schemas"]["FeatureSwitches"];
            };
        };
        responses: {
            /** @description The portal */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "name": null,
                     *       "hubDomain": "acme.example",
                     *       "timeZone": "Europe/Dublin",
                     *       "auth": "oauth",
                     *       "state": "active",
                     *       "stateReason": null,
                     *       "stateChangedAt": "2027-01-01T09:30:00.000Z",
                     *       "installedAt": "2027-01-01T09:30:00.000Z",
                     *       "epoch": 3,
                     *       "scopes": [
                     *         "oauth",
                     *         "automation"
                     *       ],
                     *       "throttle": {
                     *         "enabled": true,
                     *         "missingScopes": []
                     *       },
                     *       "sync": {
                     *         "enabled": false,
                     *         "missingScopes": [
                     *           "crm.objects.contacts.read"
                     *         ]
                     *       },
                     *       "events": {
                     *         "enabled": true,
                     *         "missingScopes": []
                     *       },
                     *       "access": {
                     *         "customObjects": {
                     *           "granted": [
                     *             "crm.objects.custom.read",
                     *             "crm.schemas.custom.read"
                     *           ],
                     *           "missingScopes": []
                     *         },
                     *         "sensitive": {
                     *           "granted": [],
                     *           "missingScopes": [
                     *             "crm.objects.contacts.sensitive.read.v2"
                     *           ]
                     *         },
                     *         "highlySensitive": {
                     *           "granted": [],
                     *           "missingScopes": [
                     *             "crm.objects.contacts.highly_sensitive.read.v2"
                     *           ]
                     *         }
                     *       },
                     *       "token": {
                     *         "stored": true,
                     *         "version": 7,
                     *         "ageMs": 81234,
                     *         "expiresAt": "2027-01-01T10:00:00.000Z",
                     *         "expiresInMs": 1718766,
                     *         "refreshedAt": "2027-01-01T09:30:00.000Z",
                     *         "refreshFailures": 0,
                     *         "refreshError": null
                     *       },
                     *       "disconnect": null,
                     *       "limitedTypes": [
                     *         {
                     *           "type": "nova_redeemed",
                     *           "why": "scope",
                     *           "hasFallback": true
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PortalSettings"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                portalId?: number | string;
                type?: string;
                state?: "pending" | "sending" | "retrying" | "held" | "processed" | "dead" | "invalid" | "discarded";
                errorClass?: "rate" | "transient" | "unknown" | "locked" | "migrating" | "auth" | "unclear" | "conflict" | "permanent" | "poison" | "invalid" | "disconnected" | "unclaimed";
                key?: string;
                since?: string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "8",
                     *           "portalId": 41000009,
                     *           "type": "nova_earned",
                     *           "version": 1,
                     *           "state": "processed",
                     *           "orderingKey": "d-17",
                     *           "eventKey": null,
                     *           "occurredAt": null,
                     *           "capturedAt": "2027-01-01T09:30:00.000Z",
                     *           "processedAt": "2027-01-01T09:30:01.000Z",
                     *           "nextAttemptAt": null,
                     *           "attempts": 1,
                     *           "errorClass": null,
                     *           "lastError": null,
                     *           "mode": "live",
                     *           "mapping": null,
                     *           "byFallback": false
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    captureEvents: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "nova_earned",
                 *       "payload": {
                 *         "driverId": "d-17",
                 *         "email": "ada@example.com",
                 *         "amount": 5
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["SingleEvent"] | components["schemas"]["EventBatch"];
            };
        };
        responses: {
            /** @description The outbox is switched off: nothing was captured */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "disabled"
                     *     }
                     */
                    "application/json": components["schemas"]["CaptureDisabled"] | {
                        events: components["schemas"]["CaptureDisabled"][];
                    };
                };
            };
            /** @description What became of each; captured ones are committed */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "8",
                     *       "status": "captured"
                     *     }
                     */
                    "application/json": components["schemas"]["CapturedEvent"] | components["schemas"]["CapturedEvents"] | components["schemas"]["CapturedLines"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "8",
                     *       "portalId": 41000009,
                     *       "type": "nova_earned",
                     *       "version": 1,
                     *       "state": "processed",
                     *       "orderingKey": "d-17",
                     *       "eventKey": null,
                     *       "occurredAt": null,
                     *       "capturedAt": "2027-01-01T09:30:00.000Z",
                     *       "processedAt": "2027-01-01T09:30:01.000Z",
                     *       "nextAttemptAt": null,
                     *       "attempts": 1,
                     *       "errorClass": null,
                     *       "lastError": null,
                     *       "mode": "live",
                     *       "mapping": null,
                     *       "byFallback": false,
                     *       "payload": {
                     *         "driverId": "d-17",
                     *         "email": "ada@example.com",
                     *         "amount": 5
                     *       },
                     *       "effects": [
                     *         {
                     *           "n": 0,
                     *           "state": "done",
                     *           "objectId": "901",
                     *           "errorClass": null,
                     *           "fallback": null,
                     *           "ambiguous": 0
                     *         }
                     *       ],
                     *       "ledger": [],
                     *       "timeline": [
                     *         {
                     *           "at": "2027-01-01T09:30:00.000Z",
                     *           "what": "captured"
                     *         },
                     *         {
                     *           "at": "2027-01-01T09:30:01.000Z",
                     *           "what": "processed",
                     *           "detail": "live"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["EventDetail"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showOutboxStats: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Of the workspace, or of one portal */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "mode": "live",
                     *       "unprocessed": 0,
                     *       "oldestMs": null,
                     *       "retrying": 0,
                     *       "held": 0,
                     *       "dead": 0,
                     *       "invalid": 0,
                     *       "processedLastMinute": 12,
                     *       "fallbacksLastMinute": 0,
                     *       "failedByClass": {},
                     *       "portals": [
                     *         {
                     *           "portalId": 41000009,
                     *           "awake": true,
                     *           "failuresInARow": 0,
                     *           "circuitOpenUntil": null,
                     *           "pausedAt": null,
                     *           "pauseReason": null,
                     *           "limitedTypes": []
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["OutboxStats"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    pauseOutbox: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "reason": "HubSpot is being migrated"
                 *     }
                 */
                "application/json": components["schemas"]["OutboxPause"];
            };
        };
        responses: {
            /** @description The portal's outbox */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "awake": true,
                     *       "failuresInARow": 0,
                     *       "circuitOpenUntil": null,
                     *       "pausedAt": null,
                     *       "pauseReason": null
                     *     }
                     */
                    "application/json": components["schemas"]["OutboxPortal"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    resumeOutbox: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The portal's outbox */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "awake": true,
                     *       "failuresInARow": 0,
                     *       "circuitOpenUntil": null,
                     *       "pausedAt": null,
                     *       "pauseReason": null
                     *     }
                     */
                    "application/json": components["schemas"]["OutboxPortal"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                portalId?: number | string;
                type?: string;
                state?: "dead" | "invalid" | "discarded";
                errorClass?: "rate" | "transient" | "unknown" | "locked" | "migrating" | "auth" | "unclear" | "conflict" | "permanent" | "poison" | "invalid" | "disconnected" | "unclaimed";
                since?: string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of dead letters; `groups` counts all that match */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "8",
                     *           "portalId": 41000009,
                     *           "type": "nova_earned",
                     *           "mapping": null,
                     *           "state": "dead",
                     *           "errorClass": "permanent",
                     *           "reason": "HubSpot refuses the row: PROPERTY_DOESNT_EXIST",
                     *           "attempts": 1,
                     *           "eventKey": null,
                     *           "orderingKey": "driver-17",
                     *           "capturedAt": "2027-01-01T09:30:00.000Z",
                     *           "diedAt": "2027-01-01T09:30:01.000Z"
                     *         }
                     *       ],
                     *       "next": null,
                     *       "groups": [
                     *         {
                     *           "portalId": 41000009,
                     *           "type": "nova_earned",
                     *           "errorClass": "permanent",
                     *           "count": 1
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DeadLetterPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    discardDeadLetters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "filter": {
                 *         "ids": [
                 *           "8"
                 *         ]
                 *       },
                 *       "reason": "the account was deleted"
                 *     }
                 */
                "application/json": components["schemas"]["Discard"];
            };
        };
        responses: {
            /** @description How many were given up, or would be */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "discarded": 1
                     *     }
                     */
                    "application/json": components["schemas"]["Discarded"] | components["schemas"]["DiscardPreview"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRedrives: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "9c1f7f0e-0d5c-4a2e-9d53-6c1f0a2b3c4d",
                     *           "kind": "dead_letters",
                     *           "filter": {
                     *             "type": "nova_earned"
                     *           },
                     *           "perSecond": 50,
                     *           "state": "running",
                     *           "total": 1,
                     *           "moved": 0,
                     *           "stillInvalid": 0,
                     *           "requestedBy": "key:6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e",
                     *           "createdAt": "2027-01-01T09:30:00.000Z",
                     *           "endedAt": null,
                     *           "reason": null
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["RedrivePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    redriveDeadLetters: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "filter": {
                 *         "type": "nova_earned"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["NewRedrive"];
            };
        };
        responses: {
            /** @description What it would come to (`preview`) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "total": 1,
                     *       "groups": [
                     *         {
                     *           "portalId": 41000009,
                     *           "type": "nova_earned",
                     *           "errorClass": "permanent",
                     *           "count": 1
                     *         }
                     *       ],
                     *       "perSecond": 50,
                     *       "durationMs": 20,
                     *       "calls": 2,
                     *       "stillInvalid": 0,
                     *       "sampled": 1,
                     *       "reasons": []
                     *     }
                     */
                    "application/json": components["schemas"]["RedrivePreview"];
                };
            };
            /** @description It has begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "9c1f7f0e-0d5c-4a2e-9d53-6c1f0a2b3c4d",
                     *       "kind": "dead_letters",
                     *       "filter": {
                     *         "type": "nova_earned"
                     *       },
                     *       "perSecond": 50,
                     *       "state": "running",
                     *       "total": 1,
                     *       "moved": 0,
                     *       "stillInvalid": 0,
                     *       "requestedBy": "key:6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "endedAt": null,
                     *       "reason": null
                     *     }
                     */
                    "application/json": components["schemas"]["Redrive"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    replayDryRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "filter": {
                 *         "since": "2027-01-01T00:00:00Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["NewReplay"];
            };
        };
        responses: {
            /** @description What it would come to (`preview`) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "total": 1,
                     *       "groups": [
                     *         {
                     *           "portalId": 41000009,
                     *           "type": "nova_earned",
                     *           "errorClass": "permanent",
                     *           "count": 1
                     *         }
                     *       ],
                     *       "perSecond": 50,
                     *       "durationMs": 20
                     *     }
                     */
                    "application/json": components["schemas"]["ReplayPreview"];
                };
            };
            /** @description It has begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "9c1f7f0e-0d5c-4a2e-9d53-6c1f0a2b3c4d",
                     *       "kind": "dead_letters",
                     *       "filter": {
                     *         "type": "nova_earned"
                     *       },
                     *       "perSecond": 50,
                     *       "state": "running",
                     *       "total": 1,
                     *       "moved": 0,
                     *       "stillInvalid": 0,
                     *       "requestedBy": "key:6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "endedAt": null,
                     *       "reason": null
                     *     }
                     */
                    "application/json": components["schemas"]["Redrive"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showRedrive: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The redrive */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "9c1f7f0e-0d5c-4a2e-9d53-6c1f0a2b3c4d",
                     *       "kind": "dead_letters",
                     *       "filter": {
                     *         "type": "nova_earned"
                     *       },
                     *       "perSecond": 50,
                     *       "state": "running",
                     *       "total": 1,
                     *       "moved": 0,
                     *       "stillInvalid": 0,
                     *       "requestedBy": "key:6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "endedAt": null,
                     *       "reason": null
                     *     }
                     */
                    "application/json": components["schemas"]["Redrive"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    cancelRedrive: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The redrive */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "9c1f7f0e-0d5c-4a2e-9d53-6c1f0a2b3c4d",
                     *       "kind": "dead_letters",
                     *       "filter": {
                     *         "type": "nova_earned"
                     *       },
                     *       "perSecond": 50,
                     *       "state": "cancelled",
                     *       "total": 1,
                     *       "moved": 0,
                     *       "stillInvalid": 0,
                     *       "requestedBy": "key:6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "endedAt": null,
                     *       "reason": null
                     *     }
                     */
                    "application/json": components["schemas"]["Redrive"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMappings: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them, by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "name": "invoice_paid",
                     *           "version": 1,
                     *           "mapping": {
                     *             "name": "invoice_paid",
                     *             "effects": [
                     *               {
                     *                 "kind": "upsertContact",
                     *                 "by": {
                     *                   "property": "email",
                     *                   "value": {
                     *                     "path": "/email",
                     *                     "as": "lower"
                     *                   }
                     *                 },
                     *                 "properties": {
                     *                   "sluice_plan": "/plan"
                     *                 }
                     *               }
                     *             ]
                     *           },
                     *           "updatedAt": "2027-01-01T09:30:00.000Z",
                     *           "mode": "live"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["MappingPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showMapping: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag` that was read: 304 where it still holds */
                "if-none-match"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The mapping */
            200: {
                headers: {
                    /** @description Names what is set there: send it as `If-Match` with a change */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "invoice_paid",
                     *       "version": 1,
                     *       "mapping": {
                     *         "name": "invoice_paid",
                     *         "effects": [
                     *           {
                     *             "kind": "upsertContact",
                     *             "by": {
                     *               "property": "email",
                     *               "value": {
                     *                 "path": "/email",
                     *                 "as": "lower"
                     *               }
                     *             },
                     *             "properties": {
                     *               "sluice_plan": "/plan"
                     *             }
                     *           }
                     *         ]
                     *       },
                     *       "updatedAt": "2027-01-01T09:30:00.000Z",
                     *       "mode": "live"
                     *     }
                     */
                    "application/json": components["schemas"]["Mapping"];
                };
            };
            /** @description It is still what it was */
            304: {
                headers: {
                    /** @description Names what is set there: send it as `If-Match` with a change */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    setMapping: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: nothing is changed where it no longer holds */
                "if-match"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "name": "invoice_paid",
                 *       "effects": [
                 *         {
                 *           "kind": "upsertContact",
                 *           "by": {
                 *             "property": "email",
                 *             "value": {
                 *               "path": "/email",
                 *               "as": "lower"
                 *             }
                 *           },
                 *           "properties": {
                 *             "sluice_plan": "/plan"
                 *           }
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["MappingDocument"];
            };
        };
        responses: {
            /** @description The mapping */
            200: {
                headers: {
                    /** @description Names what is set there: send it as `If-Match` with a change */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "invoice_paid",
                     *       "version": 1,
                     *       "mapping": {
                     *         "name": "invoice_paid",
                     *         "effects": [
                     *           {
                     *             "kind": "upsertContact",
                     *             "by": {
                     *               "property": "email",
                     *               "value": {
                     *                 "path": "/email",
                     *                 "as": "lower"
                     *               }
                     *             },
                     *             "properties": {
                     *               "sluice_plan": "/plan"
                     *             }
                     *           }
                     *         ]
                     *       },
                     *       "updatedAt": "2027-01-01T09:30:00.000Z",
                     *       "mode": "live"
                     *     }
                     */
                    "application/json": components["schemas"]["Mapping"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteMapping: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: nothing is changed where it no longer holds */
                "if-match"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    previewMapping: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "data": {
                 *         "email": "ada@example.com",
                 *         "plan": "gold"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["MappingPreview"];
            };
        };
        responses: {
            /** @description The requests to HubSpot, or why there would be none */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": false,
                     *       "reason": "email: is missing"
                     *     }
                     */
                    "application/json": components["schemas"]["NoEffects"] | components["schemas"]["Effects"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listEventTypes: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "name": "nova_earned",
                     *           "version": 1,
                     *           "description": "A driver earned nova",
                     *           "example": {
                     *             "driverId": "d-17",
                     *             "email": "ada@example.com",
                     *             "amount": 5
                     *           },
                     *           "schema": {
                     *             "type": "object"
                     *           },
                     *           "mode": "live"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["EventTypePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    setEventTypeMode: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                type: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mode": "shadow"
                 *     }
                 */
                "application/json": components["schemas"]["EventTypeMode"];
            };
        };
        responses: {
            /** @description How they run now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "mode": "live",
                     *       "limited": []
                     *     }
                     */
                    "application/json": components["schemas"]["EventTypeModeSet"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSyncTypes: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of types: those of every account, then custom objects by their ids */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "objectType": "2-3465404",
                     *           "name": "cars",
                     *           "fullName": "p41000009_cars",
                     *           "label": "Cars",
                     *           "archived": false,
                     *           "state": "following",
                     *           "missingScopes": [],
                     *           "grant": null
                     *         }
                     *       ],
                     *       "next": null,
                     *       "customObjects": {
                     *         "readAt": "2027-01-01T09:00:00.000Z",
                     *         "failure": null,
                     *         "missingScopes": [
                     *           "crm.schemas.custom.read"
                     *         ],
                     *         "grant": "/api/integrations/hubspot/auth?portalId=41000009&access=custom_objects"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SyncTypePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSyncs: {
        parameters: {
            query?: {
                portalId?: number | string;
                portalIds?: string | number;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of what is mirrored */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "portalId": 41000009,
                     *           "objectType": "contacts",
                     *           "typeName": null,
                     *           "typeLabel": null,
                     *           "state": "following",
                     *           "reading": false,
                     *           "records": 5000,
                     *           "loaded": 5000,
                     *           "progress": null,
                     *           "startedAt": "2027-01-01T09:00:00.000Z",
                     *           "loadedAt": "2027-01-01T09:10:00.000Z",
                     *           "freshUntil": "2027-01-01T09:28:00.000Z",
                     *           "lagSeconds": 140,
                     *           "calculatedAt": "2027-01-01T03:00:00.000Z",
                     *           "nextReadAt": "2027-01-01T09:31:00.000Z",
                     *           "reference": {
                     *             "readAt": "2027-01-01T09:00:00.000Z",
                     *             "failure": null
                     *           },
                     *           "associations": {
                     *             "chosen": null,
                     *             "readAt": "2027-01-01T09:11:00.000Z",
                     *             "behindSince": null,
                     *             "refused": []
                     *           },
                     *           "calls": 82,
                     *           "failedRuns": 0,
                     *           "heldDeletes": 0,
                     *           "resync": null,
                     *           "waitsFor": null,
                     *           "pause": null,
                     *           "failure": null,
                     *           "setAside": {
                     *             "count": 0,
                     *             "ended": 0,
                     *             "records": []
                     *           },
                     *           "erasuresUnsure": {
                     *             "since": null,
                     *             "count": 0,
                     *             "records": []
                     *           }
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["SyncPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showSync: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it stands */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "objectType": "contacts",
                     *       "typeName": null,
                     *       "typeLabel": null,
                     *       "state": "following",
                     *       "reading": false,
                     *       "records": 5000,
                     *       "loaded": 5000,
                     *       "progress": null,
                     *       "startedAt": "2027-01-01T09:00:00.000Z",
                     *       "loadedAt": "2027-01-01T09:10:00.000Z",
                     *       "freshUntil": "2027-01-01T09:28:00.000Z",
                     *       "lagSeconds": 140,
                     *       "calculatedAt": "2027-01-01T03:00:00.000Z",
                     *       "nextReadAt": "2027-01-01T09:31:00.000Z",
                     *       "reference": {
                     *         "readAt": "2027-01-01T09:00:00.000Z",
                     *         "failure": null
                     *       },
                     *       "associations": {
                     *         "chosen": null,
                     *         "readAt": "2027-01-01T09:11:00.000Z",
                     *         "behindSince": null,
                     *         "refused": []
                     *       },
                     *       "calls": 82,
                     *       "failedRuns": 0,
                     *       "heldDeletes": 0,
                     *       "resync": null,
                     *       "waitsFor": null,
                     *       "pause": null,
                     *       "failure": null,
                     *       "setAside": {
                     *         "count": 0,
                     *         "ended": 0,
                     *         "records": []
                     *       },
                     *       "erasuresUnsure": {
                     *         "since": null,
                     *         "count": 0,
                     *         "records": []
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Sync"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    changeSync: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "action": "start"
                 *     }
                 */
                "application/json": components["schemas"]["SyncChange"];
            };
        };
        responses: {
            /** @description How it stands; of a dry run what it would come to */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "objectType": "contacts",
                     *       "typeName": null,
                     *       "typeLabel": null,
                     *       "state": "following",
                     *       "reading": false,
                     *       "records": 5000,
                     *       "loaded": 5000,
                     *       "progress": null,
                     *       "startedAt": "2027-01-01T09:00:00.000Z",
                     *       "loadedAt": "2027-01-01T09:10:00.000Z",
                     *       "freshUntil": "2027-01-01T09:28:00.000Z",
                     *       "lagSeconds": 140,
                     *       "calculatedAt": "2027-01-01T03:00:00.000Z",
                     *       "nextReadAt": "2027-01-01T09:31:00.000Z",
                     *       "reference": {
                     *         "readAt": "2027-01-01T09:00:00.000Z",
                     *         "failure": null
                     *       },
                     *       "associations": {
                     *         "chosen": null,
                     *         "readAt": "2027-01-01T09:11:00.000Z",
                     *         "behindSince": null,
                     *         "refused": []
                     *       },
                     *       "calls": 82,
                     *       "failedRuns": 0,
                     *       "heldDeletes": 0,
                     *       "resync": null,
                     *       "waitsFor": null,
                     *       "pause": null,
                     *       "failure": null,
                     *       "setAside": {
                     *         "count": 0,
                     *         "ended": 0,
                     *         "records": []
                     *       },
                     *       "erasuresUnsure": {
                     *         "since": null,
                     *         "count": 0,
                     *         "records": []
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Sync"] | components["schemas"]["SyncEstimate"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listPortalSchedules: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of Schedules, by portal */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "portalId": 41000009,
                     *           "intervalMs": null,
                     *           "calendar": "0 2 * * 1-5",
                     *           "timeZone": "Europe/Berlin",
                     *           "applied": true,
                     *           "nextAt": "2027-01-04T01:00:00.000Z",
                     *           "failure": null,
                     *           "changedAt": "2027-01-01T09:00:00.000Z"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["PortalSchedulePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showPortalSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Schedule */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "intervalMs": null,
                     *       "calendar": "0 2 * * 1-5",
                     *       "timeZone": "Europe/Berlin",
                     *       "applied": true,
                     *       "nextAt": "2027-01-04T01:00:00.000Z",
                     *       "failure": null,
                     *       "changedAt": "2027-01-01T09:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["PortalSchedule"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    setPortalSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "calendar": "0 2 * * 1-5",
                 *       "timeZone": "Europe/Berlin"
                 *     }
                 */
                "application/json": components["schemas"]["PortalScheduleChange"];
            };
        };
        responses: {
            /** @description The Schedule */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "intervalMs": null,
                     *       "calendar": "0 2 * * 1-5",
                     *       "timeZone": "Europe/Berlin",
                     *       "applied": true,
                     *       "nextAt": "2027-01-04T01:00:00.000Z",
                     *       "failure": null,
                     *       "changedAt": "2027-01-01T09:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["PortalSchedule"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    deletePortalSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has no Schedule of its own any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSyncPasses: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of passes, by their names */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "pass": "audit",
                     *           "running": false,
                     *           "beganAt": "2027-01-03T02:00:00.000Z",
                     *           "endedAt": "2027-01-03T02:01:00.000Z",
                     *           "seen": 5000,
                     *           "changed": 0,
                     *           "found": {
                     *             "missing": 0,
                     *             "differing": 0,
                     *             "ghosts": 0
                     *           },
                     *           "dueAt": "2027-01-10T02:00:00.000Z",
                     *           "failure": null
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["SyncPassPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    runSyncPass: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
                pass: "settled" | "archived" | "properties" | "calculated" | "associations" | "audit" | "webhooks" | "aside";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it stands */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "pass": "audit",
                     *       "running": false,
                     *       "beganAt": "2027-01-03T02:00:00.000Z",
                     *       "endedAt": "2027-01-03T02:01:00.000Z",
                     *       "seen": 5000,
                     *       "changed": 0,
                     *       "found": {
                     *         "missing": 0,
                     *         "differing": 0,
                     *         "ghosts": 0
                     *       },
                     *       "dueAt": "2027-01-10T02:00:00.000Z",
                     *       "failure": null
                     *     }
                     */
                    "application/json": components["schemas"]["SyncPass"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listWebhookEvents: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
                portalId?: number | string;
                objectType?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "key": "5f1a2b3c4d5e6f708192a3b4c5d6e7f8",
                     *           "portalId": 41000009,
                     *           "subscriptionType": "contact.propertyChange",
                     *           "subscriptionId": "12345",
                     *           "eventId": "4101286121",
                     *           "objectType": "contacts",
                     *           "recordId": "51",
                     *           "property": "email",
                     *           "changeSource": "CRM_UI",
                     *           "occurredAt": "2027-01-01T09:29:59.000Z",
                     *           "receivedAt": "2027-01-01T09:30:00.000Z",
                     *           "reads": 1,
                     *           "event": null
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookEventPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    verifySignature: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "method": "POST",
                 *       "url": "https://sluice.example.com/api/integrations/hubspot/webhooks",
                 *       "headers": {
                 *         "X-HubSpot-Signature": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                 *         "X-HubSpot-Signature-Version": "v1"
                 *       },
                 *       "body": "[]"
                 *     }
                 */
                "application/json": components["schemas"]["SignedCall"];
            };
        };
        responses: {
            /** @description The verdict */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "valid": false,
                     *       "version": null,
                     *       "reason": "mismatch"
                     *     }
                     */
                    "application/json": components["schemas"]["SignatureVerdict"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showWebhooksJournal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it stands */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "state": "reading",
                     *       "tells": true,
                     *       "offset": "550e8400-e29b-41d4-a716-446655440000",
                     *       "readUntil": "2027-01-01T09:30:00.000Z",
                     *       "behindSeconds": 1.5,
                     *       "askedAt": "2027-01-01T09:30:00.000Z",
                     *       "lastFileAt": "2027-01-01T09:29:00.000Z",
                     *       "files": 4102,
                     *       "failures": 0,
                     *       "errorCode": null,
                     *       "lastError": null,
                     *       "losses": 0,
                     *       "setAside": 0,
                     *       "lostAt": null,
                     *       "lostFrom": null,
                     *       "types": {
                     *         "told": 4,
                     *         "polled": 0
                     *       },
                     *       "plannedAt": "2027-01-01T09:29:30.000Z",
                     *       "refused": null
                     *     }
                     */
                    "application/json": components["schemas"]["WebhooksJournal"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listWebhookTypes: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
                portalId?: number | string;
                objectType?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them, by portal and type */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "portalId": 41000009,
                     *           "objectType": "contacts",
                     *           "waiting": 3,
                     *           "together": false,
                     *           "oldestAt": "2027-01-01T09:29:59.000Z",
                     *           "unread": 0,
                     *           "received": 51200,
                     *           "late": 0,
                     *           "lastReceivedAt": "2027-01-01T09:30:00.000Z",
                     *           "strays": 0,
                     *           "seenFirst": {
                     *             "webhook": 50100,
                     *             "search": 12
                     *           },
                     *           "seenAgain": {
                     *             "webhook": 9
                     *           },
                     *           "missed": 3
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookTypePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listUnreadRecords: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
                portalId?: number | string;
                objectType?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them, by portal, type and id */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "portalId": 41000009,
                     *           "objectType": "contacts",
                     *           "recordId": "51",
                     *           "tries": 6,
                     *           "errorClass": "refused",
                     *           "message": "HubSpot refuses the request for contacts (400)",
                     *           "askedAt": "2027-01-01T09:30:00.000Z",
                     *           "endedAt": "2027-01-02T00:06:00.000Z"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["UnreadRecordPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    replayWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "from": "2027-01-01T00:00:00.000Z",
                 *       "to": "2027-01-02T00:00:00.000Z",
                 *       "dryRun": true
                 *     }
                 */
                "application/json": components["schemas"]["WebhookReplay"];
            };
        };
        responses: {
            /** @description So many events, and so many records are read for them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "events": 812,
                     *       "records": 97,
                     *       "isFull": false,
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["WebhooksReplayed"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showWebhookProject: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file, and what it leaves out */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "file": {
                     *         "uid": "sluice_webhooks",
                     *         "type": "webhooks",
                     *         "config": {
                     *           "settings": {
                     *             "targetUrl": "https://sluice.example.com/api/integrations/hubspot/webhooks",
                     *             "maxConcurrentRequests": 10
                     *           },
                     *           "subscriptions": {
                     *             "crmObjects": [
                     *               {
                     *                 "subscriptionType": "object.creation",
                     *                 "objectType": "contact",
                     *                 "active": true
                     *               },
                     *               {
                     *                 "subscriptionType": "object.deletion",
                     *                 "objectType": "contact",
                     *                 "active": true
                     *               },
                     *               {
                     *                 "subscriptionType": "object.merge",
                     *                 "objectType": "contact",
                     *                 "active": true
                     *               },
                     *               {
                     *                 "subscriptionType": "object.restore",
                     *                 "objectType": "contact",
                     *                 "active": true
                     *               },
                     *               {
                     *                 "subscriptionType": "object.associationChange",
                     *                 "objectType": "contact",
                     *                 "active": true
                     *               },
                     *               {
                     *                 "subscriptionType": "object.propertyChange",
                     *                 "objectType": "contact",
                     *                 "propertyName": "email",
                     *                 "active": true
                     *               }
                     *             ],
                     *             "hubEvents": [
                     *               {
                     *                 "subscriptionType": "contact.privacyDeletion",
                     *                 "active": true
                     *               }
                     *             ]
                     *           }
                     *         }
                     *       },
                     *       "left": 0
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookSubscriptions"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    explainRecord: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
                /** @description HubSpot's id of a record */
                recordId: components["schemas"]["RecordId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where it came from */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "objectType": "contacts",
                     *       "recordId": "51",
                     *       "mergedInto": null,
                     *       "record": {
                     *         "source": "search",
                     *         "readAt": "2027-01-01T09:20:01.000Z",
                     *         "createdAt": "2026-03-01T00:00:00.000Z",
                     *         "modifiedAt": "2027-01-01T09:19:58.000Z",
                     *         "archivedAt": null,
                     *         "version": 2,
                     *         "properties": 31
                     *       },
                     *       "changes": [
                     *         {
                     *           "action": "Updated",
                     *           "initial": false,
                     *           "changed": [
                     *             "city"
                     *           ],
                     *           "happenedAt": "2027-01-01T09:19:58.000Z",
                     *           "recordedAt": "2027-01-01T09:20:01.200Z"
                     *         }
                     *       ],
                     *       "complete": true,
                     *       "sync": {
                     *         "portalId": 41000009,
                     *         "objectType": "contacts",
                     *         "typeName": null,
                     *         "typeLabel": null,
                     *         "state": "following",
                     *         "reading": false,
                     *         "records": 5000,
                     *         "loaded": 5000,
                     *         "progress": null,
                     *         "startedAt": "2027-01-01T09:00:00.000Z",
                     *         "loadedAt": "2027-01-01T09:10:00.000Z",
                     *         "freshUntil": "2027-01-01T09:28:00.000Z",
                     *         "lagSeconds": 140,
                     *         "calculatedAt": "2027-01-01T03:00:00.000Z",
                     *         "nextReadAt": "2027-01-01T09:31:00.000Z",
                     *         "reference": {
                     *           "readAt": "2027-01-01T09:00:00.000Z",
                     *           "failure": null
                     *         },
                     *         "associations": {
                     *           "chosen": null,
                     *           "readAt": "2027-01-01T09:11:00.000Z",
                     *           "behindSince": null,
                     *           "refused": []
                     *         },
                     *         "calls": 82,
                     *         "failedRuns": 0,
                     *         "heldDeletes": 0,
                     *         "resync": null,
                     *         "waitsFor": null,
                     *         "pause": null,
                     *         "failure": null,
                     *         "setAside": {
                     *           "count": 0,
                     *           "ended": 0,
                     *           "records": []
                     *         },
                     *         "erasuresUnsure": {
                     *           "since": null,
                     *           "count": 0,
                     *           "records": []
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["RecordExplanation"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    syncContacts: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "portalId": 41000009
                 *     }
                 */
                "application/json": {
                    /**
                     * @description HubSpot's number of a portal, as a number or as text
                     * @example 41000009
                     */
                    portalId?: number | string;
                };
            };
        };
        responses: {
            /** @description It is read at once */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "portalId": 41000009,
                     *       "objectType": "contacts",
                     *       "status": "synced",
                     *       "recordsSynced": 5000,
                     *       "lastSyncAt": "2027-01-01T09:28:00.000Z",
                     *       "error": null
                     *     }
                     */
                    "application/json": components["schemas"]["ContactsSync"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showSyncStatus: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its types */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "syncs": [
                     *         {
                     *           "objectType": "contacts",
                     *           "status": "synced",
                     *           "recordsSynced": 5000,
                     *           "lastSyncAt": "2027-01-01T09:28:00.000Z",
                     *           "error": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["SyncStatus"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listPropertyDefinitions: {
        parameters: {
            query?: {
                versions?: string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of definitions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "name": "lifecyclestage",
                     *           "version": 2,
                     *           "label": "Lifecycle stage",
                     *           "type": "enumeration",
                     *           "fieldType": "radio",
                     *           "options": [
                     *             {
                     *               "value": "lead",
                     *               "label": "Lead"
                     *             }
                     *           ],
                     *           "calculated": false,
                     *           "dataSensitivity": "non_sensitive",
                     *           "archived": false,
                     *           "kept": true,
                     *           "firstSeenAt": "2027-01-01T09:00:00.000Z",
                     *           "replacedAt": null
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["PropertyDefinitionPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showSelection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "objectType": "contacts",
                     *       "mode": "include",
                     *       "names": [
                     *         "email",
                     *         "lifecyclestage"
                     *       ],
                     *       "kept": 2,
                     *       "unknown": [],
                     *       "filling": 1,
                     *       "dropping": 0,
                     *       "definitionsReadAt": "2027-01-01T09:00:00.000Z",
                     *       "calculated": 0,
                     *       "calculatedAt": null
                     *     }
                     */
                    "application/json": components["schemas"]["PropertySelection"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    selectProperties: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mode": "include",
                 *       "names": [
                 *         "email",
                 *         "lifecyclestage"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["PropertySelectionChange"];
            };
        };
        responses: {
            /** @description What is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "objectType": "contacts",
                     *       "mode": "include",
                     *       "names": [
                     *         "email",
                     *         "lifecyclestage"
                     *       ],
                     *       "kept": 2,
                     *       "unknown": [],
                     *       "filling": 1,
                     *       "dropping": 0,
                     *       "definitionsReadAt": "2027-01-01T09:00:00.000Z",
                     *       "calculated": 0,
                     *       "calculatedAt": null
                     *     }
                     */
                    "application/json": components["schemas"]["PropertySelection"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listOwners: {
        parameters: {
            query?: {
                portalId?: number | string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of owners */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "1167000001",
                     *           "userId": "61480101",
                     *           "email": "ada@example.com",
                     *           "firstName": "Ada",
                     *           "lastName": "Lovelace",
                     *           "archived": false,
                     *           "readAt": "2027-01-01T09:00:00.000Z"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["CrmOwnerPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listPipelines: {
        parameters: {
            query?: {
                portalId?: number | string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of pipelines */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "default",
                     *           "label": "Sales",
                     *           "displayOrder": 0,
                     *           "archived": false,
                     *           "readAt": "2027-01-01T09:00:00.000Z",
                     *           "stages": [
                     *             {
                     *               "id": "closedwon",
                     *               "label": "Won",
                     *               "displayOrder": 5,
                     *               "archived": false,
                     *               "metadata": {
                     *                 "isClosed": "true",
                     *                 "probability": "1.0"
                     *               }
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["CrmPipelinePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRecords: {
        parameters: {
            query?: {
                portalId?: number | string;
                /** @description Of declared properties: `property:operator:value, with one of eq, prefix, gt, gte, lt, lte, any, none; any and none take no value`. Several may be given, all of which hold */
                filter?: string[];
                /** @description A declared property; with - before it in descending order */
                sort?: string;
                archived?: "true" | "false";
                /** @description With the records of these types that each is associated with: types with commas between them, 5 at most */
                associations?: string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: {
                /** @description The `ETag` that was answered: the same is answered by 304 without a body */
                "if-none-match"?: string;
                /** @description What writes have answered under this name, 20 at most with commas between them: what is shown is no older. The mirror is waited for, 5 seconds at most; then HubSpot is asked */
                "x-sluice-fresh"?: string;
            };
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of records */
            200: {
                headers: {
                    /** @description Names what is answered: send it as `If-None-Match`, and the same is answered by 304 without a body */
                    etag?: string;
                    /** @description How many seconds ago the mirror had what HubSpot had; `loading` while the type is read for the first time */
                    "x-data-age"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "51",
                     *           "properties": {
                     *             "email": "ada@example.com",
                     *             "firstname": "Ada"
                     *           },
                     *           "createdAt": "2026-11-02T10:00:00.000Z",
                     *           "modifiedAt": "2027-01-01T09:29:00.000Z",
                     *           "readAt": "2027-01-01T09:30:00.000Z",
                     *           "version": 2
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["CrmRecordPage"];
                };
            };
            /** @description What `If-None-Match` names holds still */
            304: {
                headers: {
                    /** @description Names what is answered: send it as `If-None-Match`, and the same is answered by 304 without a body */
                    etag?: string;
                    /** @description How many seconds ago the mirror had what HubSpot had; `loading` while the type is read for the first time */
                    "x-data-age"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createRecord: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: {
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "idProperty": "email",
                 *       "properties": {
                 *         "email": "ada@example.com",
                 *         "firstname": "Ada"
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * @description A property with unique values, by which a record is found: `email`, or one of your own
                     * @example external_id
                     */
                    idProperty?: string;
                    /**
                     * @description By internal names. Null, or an empty text, clears one
                     * @example {
                     *       "firstname": "Ada"
                     *     }
                     */
                    properties: {
                        [key: string]: string | number | boolean | null;
                    };
                };
            };
        };
        responses: {
            /** @description It was there */
            200: {
                headers: {
                    /** @description Send it with a read: what is answered then is no older than this write */
                    "x-sluice-fresh"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "outcome": "updated",
                     *       "record": {
                     *         "id": "51",
                     *         "properties": {
                     *           "firstname": "Ada"
                     *         },
                     *         "createdAt": "2026-11-02T10:00:00.000Z",
                     *         "modifiedAt": "2027-01-01T09:29:00.000Z"
                     *       },
                     *       "fresh": "1.41000009.contacts.51.1798795740000.1798795740120"
                     *     }
                     */
                    "application/json": components["schemas"]["WrittenRecord"];
                };
            };
            /** @description It was made */
            201: {
                headers: {
                    /** @description Send it with a read: what is answered then is no older than this write */
                    "x-sluice-fresh"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "outcome": "created",
                     *       "record": {
                     *         "id": "51",
                     *         "properties": {
                     *           "firstname": "Ada"
                     *         },
                     *         "createdAt": "2026-11-02T10:00:00.000Z",
                     *         "modifiedAt": "2027-01-01T09:29:00.000Z"
                     *       },
                     *       "fresh": "1.41000009.contacts.51.1798795740000.1798795740120"
                     *     }
                     */
                    "application/json": components["schemas"]["WrittenRecord"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showRecord: {
        parameters: {
            query?: {
                portalId?: number | string;
                archived?: "true" | "false";
                /** @description With the records of these types that each is associated with: types with commas between them, 5 at most */
                associations?: string;
            };
            header?: {
                /** @description The `ETag` that was answered: the same is answered by 304 without a body */
                "if-none-match"?: string;
                /** @description What writes have answered under this name, 20 at most with commas between them: what is shown is no older. The mirror is waited for, 5 seconds at most; then HubSpot is asked */
                "x-sluice-fresh"?: string;
            };
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
                /** @description HubSpot's id of a record */
                recordId: components["schemas"]["RecordId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record */
            200: {
                headers: {
                    /** @description Names what is answered: send it as `If-None-Match`, and the same is answered by 304 without a body */
                    etag?: string;
                    /** @description How many seconds ago the mirror had what HubSpot had; `loading` while the type is read for the first time */
                    "x-data-age"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "51",
                     *       "properties": {
                     *         "email": "ada@example.com",
                     *         "firstname": "Ada"
                     *       },
                     *       "createdAt": "2026-11-02T10:00:00.000Z",
                     *       "modifiedAt": "2027-01-01T09:29:00.000Z",
                     *       "readAt": "2027-01-01T09:30:00.000Z",
                     *       "version": 2
                     *     }
                     */
                    "application/json": components["schemas"]["CrmRecord"];
                };
            };
            /** @description What `If-None-Match` names holds still */
            304: {
                headers: {
                    /** @description Names what is answered: send it as `If-None-Match`, and the same is answered by 304 without a body */
                    etag?: string;
                    /** @description How many seconds ago the mirror had what HubSpot had; `loading` while the type is read for the first time */
                    "x-data-age"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteRecord: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: never;
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
                /** @description HubSpot's id of a record */
                recordId: components["schemas"]["RecordId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted */
            204: {
                headers: {
                    /** @description Send it with a read: what is answered then is no older than this write */
                    "x-sluice-fresh"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateRecord: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: never;
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
                /** @description HubSpot's id of a record */
                recordId: components["schemas"]["RecordId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "properties": {
                 *         "firstname": "Ada"
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * @description By internal names. Null, or an empty text, clears one
                     * @example {
                     *       "firstname": "Ada"
                     *     }
                     */
                    properties: {
                        [key: string]: string | number | boolean | null;
                    };
                };
            };
        };
        responses: {
            /** @description The record, as HubSpot answered */
            200: {
                headers: {
                    /** @description Send it with a read: what is answered then is no older than this write */
                    "x-sluice-fresh"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "outcome": "updated",
                     *       "record": {
                     *         "id": "51",
                     *         "properties": {
                     *           "firstname": "Ada"
                     *         },
                     *         "createdAt": "2026-11-02T10:00:00.000Z",
                     *         "modifiedAt": "2027-01-01T09:29:00.000Z"
                     *       },
                     *       "fresh": "1.41000009.contacts.51.1798795740000.1798795740120"
                     *     }
                     */
                    "application/json": components["schemas"]["WrittenRecord"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    upsertRecords: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: {
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "idProperty": "email",
                 *       "records": [
                 *         {
                 *           "id": "ada@example.com",
                 *           "properties": {
                 *             "firstname": "Ada"
                 *           }
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    /**
                     * @description A property with unique values, by which a record is found: `email`, or one of your own
                     * @example external_id
                     */
                    idProperty?: string;
                    records: {
                        id: string;
                        /**
                         * @description By internal names. Null, or an empty text, clears one
                         * @example {
                         *       "firstname": "Ada"
                         *     }
                         */
                        properties: {
                            [key: string]: string | number | boolean | null;
                        };
                    }[];
                };
            };
        };
        responses: {
            /** @description What became of each */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "index": 0,
                     *           "status": "done",
                     *           "outcome": "updated",
                     *           "record": {
                     *             "id": "51",
                     *             "properties": {
                     *               "firstname": "Ada"
                     *             },
                     *             "createdAt": "2026-11-02T10:00:00.000Z",
                     *             "modifiedAt": "2027-01-01T09:29:00.000Z"
                     *           },
                     *           "fresh": "1.41000009.contacts.51.1798795740000.1798795740120"
                     *         }
                     *       ],
                     *       "failed": 0
                     *     }
                     */
                    "application/json": components["schemas"]["WrittenRecords"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    linkRecord: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: never;
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
                /** @description HubSpot's id of a record */
                recordId: components["schemas"]["RecordId"];
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                toType: string;
                /** @description HubSpot's id of a record */
                toId: components["schemas"]["RecordId"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "labels": [
                 *         {
                 *           "category": "HUBSPOT_DEFINED",
                 *           "typeId": 1
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    labels?: {
                        /** @enum {string} */
                        category: "HUBSPOT_DEFINED" | "INTEGRATOR_DEFINED" | "USER_DEFINED" | "WORK";
                        typeId: number;
                    }[];
                };
            };
        };
        responses: {
            /** @description They are associated */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "types": [
                     *         {
                     *           "category": "HUBSPOT_DEFINED",
                     *           "typeId": 279,
                     *           "label": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RecordLink"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    unlinkRecord: {
        parameters: {
            query?: {
                portalId?: number | string;
                category?: "HUBSPOT_DEFINED" | "INTEGRATOR_DEFINED" | "USER_DEFINED" | "WORK";
                typeId?: number;
            };
            header?: never;
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
                /** @description HubSpot's id of a record */
                recordId: components["schemas"]["RecordId"];
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                toType: string;
                /** @description HubSpot's id of a record */
                toId: components["schemas"]["RecordId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is left between them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "types": []
                     *     }
                     */
                    "application/json": components["schemas"]["RecordLink"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    exportRecords: {
        parameters: {
            query?: {
                portalId?: number | string;
                format?: "ndjson" | "csv";
                /** @description These alone, with commas between them; without it all that the portal has */
                properties?: string;
                archived?: "true" | "false";
                /** @description Go on behind the record of this id */
                after?: string;
            };
            header?: never;
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The records, to the last */
            200: {
                headers: {
                    /** @description How many the mirror has that are not in the recycle bin */
                    "x-total-records"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listDeclaredProperties: {
        parameters: {
            query?: {
                portalId?: number | string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them, by their names */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "property": "city",
                     *           "kind": "text",
                     *           "state": "ready",
                     *           "filled": 5000,
                     *           "declaredAt": "2027-01-01T09:30:00.000Z",
                     *           "filledAt": "2027-01-01T09:30:04.000Z"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["DeclaredPropertyPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    declareProperty: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: never;
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
                property: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "kind": "text"
                 *     }
                 */
                "application/json": components["schemas"]["NewDeclaredProperty"];
            };
        };
        responses: {
            /** @description How it stands */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "property": "city",
                     *       "kind": "text",
                     *       "state": "ready",
                     *       "filled": 5000,
                     *       "declaredAt": "2027-01-01T09:30:00.000Z",
                     *       "filledAt": "2027-01-01T09:30:04.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["DeclaredProperty"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    undeclareProperty: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: never;
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
                property: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not declared any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showLocalRecords: {
        parameters: {
            query?: {
                portalId?: number | string;
                objectType?: string;
                /** @description Counted from 1 */
                page?: number;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "page": 1,
                     *       "limit": 20,
                     *       "total_pages": 1,
                     *       "total_records": 1,
                     *       "results": [
                     *         {
                     *           "id": "51",
                     *           "properties": {
                     *             "email": "ada@example.com",
                     *             "firstname": "Ada"
                     *           },
                     *           "createdAt": "2026-11-02T10:00:00.000Z",
                     *           "modifiedAt": "2027-01-01T09:29:00.000Z",
                     *           "readAt": "2027-01-01T09:30:00.000Z",
                     *           "version": 2
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["LocalRecordPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showLocalRecordsAfter: {
        parameters: {
            query?: {
                portalId?: number | string;
                objectType?: string;
                /** @description How many at most */
                limit?: number;
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The records that follow */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "id": "51",
                     *           "properties": {
                     *             "email": "ada@example.com",
                     *             "firstname": "Ada"
                     *           },
                     *           "createdAt": "2026-11-02T10:00:00.000Z",
                     *           "modifiedAt": "2027-01-01T09:29:00.000Z",
                     *           "readAt": "2027-01-01T09:30:00.000Z",
                     *           "version": 2
                     *         }
                     *       ],
                     *       "next_after": null
                     *     }
                     */
                    "application/json": components["schemas"]["LocalRecordsAfter"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRegistrations: {
        parameters: {
            query?: {
                portalId?: number | string;
                state?: "open" | "done" | "failed" | "refused";
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of registrations */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "7",
                     *           "portalId": 41000009,
                     *           "state": "open",
                     *           "createdAt": "2027-01-01T09:30:00.000Z",
                     *           "endedAt": null,
                     *           "contact_id": "12345",
                     *           "deal_ids": [
                     *             "67890"
                     *           ],
                     *           "ticket_ids": [],
                     *           "notes": [
                     *             {
                     *               "path": "tickets.0.category",
                     *               "message": "\"billing\" was taken as BILLING_ISSUE (Billing issue)"
                     *             }
                     *           ],
                     *           "problems": [],
                     *           "failed": [],
                     *           "steps": [
                     *             {
                     *               "step": "deals",
                     *               "state": "done",
                     *               "tries": 1,
                     *               "doubts": 0,
                     *               "resolvedAt": "2027-01-01T09:30:01.000Z"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["RegistrationPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    registerContact: {
        parameters: {
            query?: {
                portalId?: number | string;
            };
            header?: {
                /** @description `wait=n`: seconds to wait for its end, 0 to 60 (RFC 7240) */
                prefer?: string;
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "contact": {
                 *         "email": "john.doe@example.com",
                 *         "firstname": "John",
                 *         "lastname": "Doe",
                 *         "phone": "123-456-7890"
                 *       },
                 *       "deals": [
                 *         {
                 *           "dealname": "New deal",
                 *           "amount": 1200,
                 *           "dealstage": "appointmentscheduled"
                 *         }
                 *       ],
                 *       "tickets": [
                 *         {
                 *           "subject": "Wrong invoice",
                 *           "description": "The amount is wrong",
                 *           "category": "billing",
                 *           "hs_pipeline": "support",
                 *           "hs_ticket_priority": "HIGH",
                 *           "hs_pipeline_stage": "1"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewRegistration"];
            };
        };
        responses: {
            /** @description All of it is written */
            200: {
                headers: {
                    /** @description Yours, or ours: with it the same is not done again */
                    "idempotency-key"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "message": "Contact, Deal(s), and Ticket(s) processed successfully.",
                     *       "contact_id": "12345",
                     *       "deal_ids": [
                     *         "67890"
                     *       ],
                     *       "ticket_ids": [
                     *         "98765"
                     *       ],
                     *       "notes": [
                     *         {
                     *           "path": "tickets.0.category",
                     *           "message": "\"billing\" was taken as BILLING_ISSUE (Billing issue)"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Registered"];
                };
            };
            /** @description It is being written: how far, says `Location` */
            202: {
                headers: {
                    /** @description Where it can be asked for */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "7",
                     *       "portalId": 41000009,
                     *       "state": "open",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "endedAt": null,
                     *       "contact_id": "12345",
                     *       "deal_ids": [
                     *         "67890"
                     *       ],
                     *       "ticket_ids": [],
                     *       "notes": [
                     *         {
                     *           "path": "tickets.0.category",
                     *           "message": "\"billing\" was taken as BILLING_ISSUE (Billing issue)"
                     *         }
                     *       ],
                     *       "problems": [],
                     *       "failed": [],
                     *       "steps": [
                     *         {
                     *           "step": "deals",
                     *           "state": "done",
                     *           "tries": 1,
                     *           "doubts": 0,
                     *           "resolvedAt": "2027-01-01T09:30:01.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Registration"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            424: components["responses"]["RegistrationFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showRegistration: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The registration */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "7",
                     *       "portalId": 41000009,
                     *       "state": "open",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "endedAt": null,
                     *       "contact_id": "12345",
                     *       "deal_ids": [
                     *         "67890"
                     *       ],
                     *       "ticket_ids": [],
                     *       "notes": [
                     *         {
                     *           "path": "tickets.0.category",
                     *           "message": "\"billing\" was taken as BILLING_ISSUE (Billing issue)"
                     *         }
                     *       ],
                     *       "problems": [],
                     *       "failed": [],
                     *       "steps": [
                     *         {
                     *           "step": "deals",
                     *           "state": "done",
                     *           "tries": 1,
                     *           "doubts": 0,
                     *           "resolvedAt": "2027-01-01T09:30:01.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Registration"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    resumeRegistration: {
        parameters: {
            query?: never;
            header?: {
                /** @description `wait=n`: seconds to wait for its end, 0 to 60 (RFC 7240) */
                prefer?: string;
            };
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of it is written */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "message": "Contact, Deal(s), and Ticket(s) processed successfully.",
                     *       "contact_id": "12345",
                     *       "deal_ids": [
                     *         "67890"
                     *       ],
                     *       "ticket_ids": [
                     *         "98765"
                     *       ],
                     *       "notes": [
                     *         {
                     *           "path": "tickets.0.category",
                     *           "message": "\"billing\" was taken as BILLING_ISSUE (Billing issue)"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Registered"];
                };
            };
            /** @description It is being written: how far, says `Location` */
            202: {
                headers: {
                    /** @description Where it can be asked for */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "7",
                     *       "portalId": 41000009,
                     *       "state": "open",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "endedAt": null,
                     *       "contact_id": "12345",
                     *       "deal_ids": [
                     *         "67890"
                     *       ],
                     *       "ticket_ids": [],
                     *       "notes": [
                     *         {
                     *           "path": "tickets.0.category",
                     *           "message": "\"billing\" was taken as BILLING_ISSUE (Billing issue)"
                     *         }
                     *       ],
                     *       "problems": [],
                     *       "failed": [],
                     *       "steps": [
                     *         {
                     *           "step": "deals",
                     *           "state": "done",
                     *           "tries": 1,
                     *           "doubts": 0,
                     *           "resolvedAt": "2027-01-01T09:30:01.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Registration"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            424: components["responses"]["RegistrationFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showRecordsAtHubSpot: {
        parameters: {
            query?: {
                portalId?: number | string;
                type?: string;
                /** @description Internal names with commas between them; without it those that HubSpot shows by itself */
                properties?: string;
                /** @description `newest`: those that were made last come first, 10,000 at most */
                order?: "id" | "newest";
                /** @description How many at most */
                limit?: number;
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "contacts": [
                     *         {
                     *           "id": "51",
                     *           "properties": {
                     *             "email": "ada@example.com"
                     *           },
                     *           "createdAt": "2026-11-02T10:00:00.000Z",
                     *           "updatedAt": "2027-01-01T09:29:00.000Z"
                     *         }
                     *       ],
                     *       "next_after": "52"
                     *     }
                     */
                    "application/json": components["schemas"]["RecordsAtHubSpot"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listChanges: {
        parameters: {
            query?: {
                /** @description What this consumer wants; without `after` from where it is on */
                consumer?: string;
                /** @description Where nothing follows yet, so many seconds are waited for it; then the page is empty */
                wait?: number;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The changes that follow */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "position": "3f0c9a51d2e7.7414.52",
                     *           "portalId": 41000009,
                     *           "objectType": "contacts",
                     *           "recordId": "51",
                     *           "action": "Updated",
                     *           "initial": false,
                     *           "changed": {
                     *             "city": {
                     *               "before": "Bonn",
                     *               "after": "Berlin"
                     *             }
                     *           },
                     *           "mergedIds": [],
                     *           "association": null,
                     *           "companies": [
                     *             "901"
                     *           ],
                     *           "happenedAt": "2027-01-01T09:29:00.000Z"
                     *         }
                     *       ],
                     *       "next": "3f0c9a51d2e7.7414.52",
                     *       "more": false,
                     *       "restored": false,
                     *       "expired": false
                     *     }
                     */
                    "application/json": components["schemas"]["RecordChangePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSqlViews: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of views */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "portalId": 41000009,
                     *           "objectType": "contacts",
                     *           "name": "contacts_41000009",
                     *           "columns": 312,
                     *           "leftOut": 0,
                     *           "madeAt": "2027-01-01T09:30:00.000Z",
                     *           "waitingSince": null
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["SqlViewPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    makeSqlView: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The view */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "objectType": "contacts",
                     *       "name": "contacts_41000009",
                     *       "columns": 312,
                     *       "leftOut": 0,
                     *       "madeAt": "2027-01-01T09:30:00.000Z",
                     *       "waitingSince": null
                     *     }
                     */
                    "application/json": components["schemas"]["SqlView"];
                };
            };
            /** @description The view as it is: somebody keeps it open, and it is made anew when they have ended */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "objectType": "contacts",
                     *       "name": "contacts_41000009",
                     *       "columns": 312,
                     *       "leftOut": 0,
                     *       "madeAt": "2027-01-01T09:30:00.000Z",
                     *       "waitingSince": "2027-01-02T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["SqlView"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    dropSqlView: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description HubSpot's number of a portal, as a number or as text */
                portalId: number | string;
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listStored: {
        parameters: {
            query?: {
                portalId?: number | string;
                /** @description What else others name it by: a former address, a number */
                also?: string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description `contacts`, `companies`, `deals`, `tickets`, or a custom object of the portal: HubSpot's id of it (`2-3465404`), its full name (`p62515_cars`), its name, or one of its labels where no other has it */
                objectType: string;
                /** @description HubSpot's id of a record */
                recordId: components["schemas"]["RecordId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of what is stored */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "table": "crm_records",
                     *           "row": {
                     *             "id": 51,
                     *             "properties": {
                     *               "email": "ada@example.com"
                     *             }
                     *           }
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["StoredPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listErasures: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of erasures */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "0b0f6a6e-3a1c-4f0e-9d0b-5f1a2b3c4d5e",
                     *           "portalId": 41000009,
                     *           "objectType": "contacts",
                     *           "mark": "9f2c41d07a3e",
                     *           "requestedBy": "cli",
                     *           "requestedAt": "2027-01-01T09:30:00.000Z",
                     *           "doneAt": "2027-01-01T09:30:04.000Z",
                     *           "erased": {
                     *             "crm_records": 1,
                     *             "crm_changes": 3,
                     *             "outbox_history": 2
                     *           },
                     *           "failure": null
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["ErasurePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    eraseRecord: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "objectType": "contacts",
                 *       "recordId": "51"
                 *     }
                 */
                "application/json": components["schemas"]["NewErasure"];
            };
        };
        responses: {
            /** @description What would be looked for (`preview`) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "portalId": 41000009,
                     *       "objectType": "contacts",
                     *       "recordId": "51",
                     *       "mirrored": true,
                     *       "words": [
                     *         "ada@example.com"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ErasurePreview"];
                };
            };
            /** @description It is out of the mirror; the rest is being erased */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0b0f6a6e-3a1c-4f0e-9d0b-5f1a2b3c4d5e",
                     *       "portalId": 41000009,
                     *       "objectType": "contacts",
                     *       "mark": "9f2c41d07a3e",
                     *       "requestedBy": "cli",
                     *       "requestedAt": "2027-01-01T09:30:00.000Z",
                     *       "doneAt": null,
                     *       "erased": {
                     *         "crm_records": 1
                     *       },
                     *       "failure": null
                     *     }
                     */
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listConsumers: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them, by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "name": "warehouse",
                     *           "sink": "webhook",
                     *           "url": "https://warehouse.example.com/sluice",
                     *           "hasSecret": true,
                     *           "portalIds": null,
                     *           "objectTypes": [
                     *             "contacts"
                     *           ],
                     *           "actions": null,
                     *           "initial": true,
                     *           "lagLimitMinutes": 4320,
                     *           "state": "reading",
                     *           "position": "3f0c9a51d2e7.7414.52",
                     *           "unreadSince": null,
                     *           "behindSince": null,
                     *           "missedAt": null,
                     *           "takenAt": "2027-01-01T09:29:30.000Z",
                     *           "createdAt": "2027-01-01T09:00:00.000Z",
                     *           "pause": null,
                     *           "failure": null,
                     *           "deadLetters": 0
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["ConsumerPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showConsumer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["ConsumerName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It */
            200: {
                headers: {
                    /** @description Names what is set there: send it as `If-Match` with a change */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "warehouse",
                     *       "sink": "webhook",
                     *       "url": "https://warehouse.example.com/sluice",
                     *       "hasSecret": true,
                     *       "portalIds": null,
                     *       "objectTypes": [
                     *         "contacts"
                     *       ],
                     *       "actions": null,
                     *       "initial": true,
                     *       "lagLimitMinutes": 4320,
                     *       "state": "reading",
                     *       "position": "3f0c9a51d2e7.7414.52",
                     *       "unreadSince": null,
                     *       "behindSince": null,
                     *       "missedAt": null,
                     *       "takenAt": "2027-01-01T09:29:30.000Z",
                     *       "createdAt": "2027-01-01T09:00:00.000Z",
                     *       "pause": null,
                     *       "failure": null,
                     *       "deadLetters": 0
                     *     }
                     */
                    "application/json": components["schemas"]["Consumer"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    setConsumer: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: nothing is changed where it no longer holds */
                "if-match"?: string;
            };
            path: {
                name: components["schemas"]["ConsumerName"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "sink": "webhook",
                 *       "url": "https://warehouse.example.com/sluice",
                 *       "objectTypes": [
                 *         "contacts"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["ConsumerSettings"];
            };
        };
        responses: {
            /** @description The consumer */
            200: {
                headers: {
                    /** @description Names what is set there: send it as `If-Match` with a change */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "warehouse",
                     *       "sink": "webhook",
                     *       "url": "https://warehouse.example.com/sluice",
                     *       "hasSecret": true,
                     *       "portalIds": null,
                     *       "objectTypes": [
                     *         "contacts"
                     *       ],
                     *       "actions": null,
                     *       "initial": true,
                     *       "lagLimitMinutes": 4320,
                     *       "state": "reading",
                     *       "position": "3f0c9a51d2e7.7414.52",
                     *       "unreadSince": null,
                     *       "behindSince": null,
                     *       "missedAt": null,
                     *       "takenAt": "2027-01-01T09:29:30.000Z",
                     *       "createdAt": "2027-01-01T09:00:00.000Z",
                     *       "pause": null,
                     *       "failure": null,
                     *       "deadLetters": 0
                     *     }
                     */
                    "application/json": components["schemas"]["ConsumerSet"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    changeConsumer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["ConsumerName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "action": "rewind",
                 *       "time": "2027-01-01T00:00:00Z"
                 *     }
                 */
                "application/json": components["schemas"]["ConsumerChange"];
            };
        };
        responses: {
            /** @description The consumer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "warehouse",
                     *       "sink": "webhook",
                     *       "url": "https://warehouse.example.com/sluice",
                     *       "hasSecret": true,
                     *       "portalIds": null,
                     *       "objectTypes": [
                     *         "contacts"
                     *       ],
                     *       "actions": null,
                     *       "initial": true,
                     *       "lagLimitMinutes": 4320,
                     *       "state": "reading",
                     *       "position": "3f0c9a51d2e7.7414.52",
                     *       "unreadSince": null,
                     *       "behindSince": null,
                     *       "missedAt": null,
                     *       "takenAt": "2027-01-01T09:29:30.000Z",
                     *       "createdAt": "2027-01-01T09:00:00.000Z",
                     *       "pause": null,
                     *       "failure": null,
                     *       "deadLetters": 0
                     *     }
                     */
                    "application/json": components["schemas"]["Consumer"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteConsumer: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: nothing is changed where it no longer holds */
                "if-match"?: string;
            };
            path: {
                name: components["schemas"]["ConsumerName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    acknowledgeChanges: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["ConsumerName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "position": "3f0c9a51d2e7.7414.52"
                 *     }
                 */
                "application/json": components["schemas"]["Acknowledgement"];
            };
        };
        responses: {
            /** @description The consumer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "warehouse",
                     *       "sink": "webhook",
                     *       "url": "https://warehouse.example.com/sluice",
                     *       "hasSecret": true,
                     *       "portalIds": null,
                     *       "objectTypes": [
                     *         "contacts"
                     *       ],
                     *       "actions": null,
                     *       "initial": true,
                     *       "lagLimitMinutes": 4320,
                     *       "state": "reading",
                     *       "position": "3f0c9a51d2e7.7414.52",
                     *       "unreadSince": null,
                     *       "behindSince": null,
                     *       "missedAt": null,
                     *       "takenAt": "2027-01-01T09:29:30.000Z",
                     *       "createdAt": "2027-01-01T09:00:00.000Z",
                     *       "pause": null,
                     *       "failure": null,
                     *       "deadLetters": 0
                     *     }
                     */
                    "application/json": components["schemas"]["Consumer"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listDeadChanges: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path: {
                name: components["schemas"]["ConsumerName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "position": "3f0c9a51d2e7.7414.52",
                     *           "portalId": 41000009,
                     *           "objectType": "contacts",
                     *           "recordId": "51",
                     *           "status": 422,
                     *           "redriven": false,
                     *           "diedAt": "2027-01-01T09:31:00.000Z"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["DeadChangePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    endDeadChanges: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["ConsumerName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "action": "redrive"
                 *     }
                 */
                "application/json": components["schemas"]["DeadChangesEnd"];
            };
        };
        responses: {
            /** @description How many */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "count": 1
                     *     }
                     */
                    "application/json": components["schemas"]["DeadChangesEnded"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showWorkspace: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workspace */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0b1f7f0e-0d5c-4a2e-9d53-6c1f0a2b3c4d",
                     *       "name": "Acme Ltd",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "notifyUrl": null,
                     *       "hasNotifySecret": false,
                     *       "foundByAnotherKey": "adopt"
                     *     }
                     */
                    "application/json": components["schemas"]["Workspace"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    changeWorkspace: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Acme Ltd"
                 *     }
                 */
                "application/json": components["schemas"]["WorkspaceChange"];
            };
        };
        responses: {
            /** @description The workspace */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0b1f7f0e-0d5c-4a2e-9d53-6c1f0a2b3c4d",
                     *       "name": "Acme Ltd",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "notifyUrl": null,
                     *       "hasNotifySecret": false,
                     *       "foundByAnotherKey": "adopt"
                     *     }
                     */
                    "application/json": components["schemas"]["ChangedWorkspace"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e",
                     *           "name": "billing service",
                     *           "prefix": "slc_test_2f",
                     *           "scopes": [
                     *             "outbox"
                     *           ],
                     *           "state": "active",
                     *           "createdAt": "2027-01-01T09:30:00.000Z",
                     *           "createdBy": "setup",
                     *           "expiresAt": null,
                     *           "revokedAt": null,
                     *           "lastUsedAt": null,
                     *           "rotatedFrom": null,
                     *           "rotatedTo": null
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["ApiKeyPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "billing service",
                 *       "scopes": [
                 *         "outbox"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewApiKey"];
            };
        };
        responses: {
            /** @description The new key */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e",
                     *       "name": "billing service",
                     *       "prefix": "slc_test_2f",
                     *       "scopes": [
                     *         "outbox"
                     *       ],
                     *       "state": "active",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "createdBy": "setup",
                     *       "expiresAt": null,
                     *       "revokedAt": null,
                     *       "lastUsedAt": null,
                     *       "rotatedFrom": null,
                     *       "rotatedTo": null,
                     *       "key": "slc_test_2f…"
                     *     }
                     */
                    "application/json": components["schemas"]["NewApiKeyAnswer"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    showApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of an API key */
                id: components["schemas"]["KeyId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key, without itself */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e",
                     *       "name": "billing service",
                     *       "prefix": "slc_test_2f",
                     *       "scopes": [
                     *         "outbox"
                     *       ],
                     *       "state": "active",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "createdBy": "setup",
                     *       "expiresAt": null,
                     *       "revokedAt": null,
                     *       "lastUsedAt": null,
                     *       "rotatedFrom": null,
                     *       "rotatedTo": null
                     *     }
                     */
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of an API key */
                id: components["schemas"]["KeyId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is over */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    rotateApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice: with the same one the request is done once, for 72 hours */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The id of an API key */
                id: components["schemas"]["KeyId"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "graceSeconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["ApiKeyRotation"];
            };
        };
        responses: {
            /** @description The new key */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e",
                     *       "name": "billing service",
                     *       "prefix": "slc_test_2f",
                     *       "scopes": [
                     *         "outbox"
                     *       ],
                     *       "state": "active",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "createdBy": "setup",
                     *       "expiresAt": null,
                     *       "revokedAt": null,
                     *       "lastUsedAt": null,
                     *       "rotatedFrom": null,
                     *       "rotatedTo": null,
                     *       "key": "slc_test_2f…"
                     *     }
                     */
                    "application/json": components["schemas"]["NewApiKeyAnswer"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyConflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listNotices: {
        parameters: {
            query?: {
                state?: "pending" | "delivered" | "failed" | "kept";
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of notices */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "4",
                     *           "kind": "portal.reauth_required",
                     *           "portalId": 41000009,
                     *           "detail": {
                     *             "reason": "revoked"
                     *           },
                     *           "state": "delivered",
                     *           "createdAt": "2027-01-01T09:30:00.000Z",
                     *           "deliveredAt": "2027-01-01T09:30:01.000Z",
                     *           "attempts": 1,
                     *           "lastError": null
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["NoticePage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    resendNotice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of ours */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The notice */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "4",
                     *       "kind": "portal.reauth_required",
                     *       "portalId": 41000009,
                     *       "detail": {
                     *         "reason": "revoked"
                     *       },
                     *       "state": "delivered",
                     *       "createdAt": "2027-01-01T09:30:00.000Z",
                     *       "deliveredAt": "2027-01-01T09:30:01.000Z",
                     *       "attempts": 1,
                     *       "lastError": null
                     *     }
                     */
                    "application/json": components["schemas"]["Notice"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listAuditEntries: {
        parameters: {
            query?: {
                operation?: "access.refused" | "config.delete" | "config.set" | "consumer.change" | "consumer.create" | "consumer.delete" | "consumer.discard" | "consumer.pause" | "consumer.redrive" | "consumer.resume" | "consumer.rewind" | "action_run.cancel" | "action_run.retry" | "execution.cancel" | "execution.release" | "execution.retry" | "key.create" | "key.revoke" | "key.rotate" | "keys.rotate" | "keys.shred" | "lane.change" | "lane.drain" | "notice.resend" | "outbox.discard" | "outbox.mapping.delete" | "outbox.mapping.set" | "outbox.pause" | "outbox.redrive" | "outbox.redrive.cancel" | "outbox.replay" | "outbox.resume" | "outbox.type.set" | "portal.claim" | "portal.configure" | "portal.connect" | "portal.disconnect" | "portal.disconnected" | "portal.install" | "portal.link" | "portal.reauth_required" | "portal.reconnect" | "portal.recover" | "portal.settings.delete" | "portal.settings.set" | "portal.take" | "portal.taken" | "record.erase" | "records.declare" | "records.export" | "records.undeclare" | "registration.resume" | "sync.pass" | "sync.pause" | "sync.resume" | "sync.resync" | "sync.cancel_resync" | "sync.refuse_deletes" | "sync.release_deletes" | "sync.settle_erasures" | "sync.select" | "sync.schedule" | "sync.start" | "view.drop" | "view.make" | "webhooks.replay" | "workspace.change" | "workspace.create";
                portalId?: number | string;
                actor?: ("setup" | "cli" | "hubspot" | "system") | string;
                since?: string;
                after?: string;
                /** @description How many at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of entries */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "seq": "14",
                     *           "at": "2027-01-01T09:30:00.000Z",
                     *           "actor": "key:6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e",
                     *           "operation": "lane.change",
                     *           "portalId": 41000009,
                     *           "subject": {
                     *             "laneId": "17",
                     *             "change": {
                     *               "paused": true
                     *             }
                     *           },
                     *           "result": "ok",
                     *           "hash": "0bfc0f3d5c3e0b1d3a5f7e9c1b2d4f6a8c0e2f4a6b8d0c2e4f6a8b0d2c4e6f80"
                     *         }
                     *       ],
                     *       "next": null
                     *     }
                     */
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    verifyAudit: {
        parameters: {
            query?: {
                head?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether the chain holds, and where it ends */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "workspaceId": "0b1f7f0e-0d5c-4a2e-9d53-6c1f0a2b3c4d",
                     *       "ok": true,
                     *       "problem": null,
                     *       "entries": 14,
                     *       "end": {
                     *         "seq": "14",
                     *         "hash": "0bfc0f3d5c3e0b1d3a5f7e9c1b2d4f6a8c0e2f4a6b8d0c2e4f6a8b0d2c4e6f80"
                     *       },
                     *       "heads": {
                     *         "genuine": 1,
                     *         "unknownKey": 0
                     *       },
                     *       "head": null
                     *     }
                     */
                    "application/json": components["schemas"]["AuditVerdict"];
                };
            };
            400: components["responses"]["InvalidInput"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    callAction: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of v2, or v1 beside v3 */
                "x-hubspot-signature"?: string;
                "x-hubspot-signature-version"?: string;
                "x-hubspot-signature-v3"?: string;
                /** @description Of v3, in milliseconds */
                "x-hubspot-request-timestamp"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "callbackId": "ap-41000009-1-1-0",
                 *       "origin": {
                 *         "portalId": 41000009,
                 *         "actionDefinitionId": 33540407
                 *       },
                 *       "context": {
                 *         "source": "WORKFLOWS",
                 *         "workflowId": 7002
                 *       },
                 *       "object": {
                 *         "objectId": 1,
                 *         "objectType": "CONTACT"
                 *       },
                 *       "inputFields": {
                 *         "queue": "mail",
                 *         "max_throughput": "5",
                 *         "time": "1",
                 *         "period": "minutes"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ActionCall"];
            };
        };
        responses: {
            /** @description Committed: it waits (`BLOCK`), or it goes on at once, with what has become of it in `sluice_status`. A call that cannot be understood is kept as rejected, where its ids can be read */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "outputFields": {
                     *         "hs_execution_state": "BLOCK",
                     *         "hs_expiration_duration": "P1W",
                     *         "sluice_place": "201",
                     *         "sluice_eta": "1798795825000"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ActionAnswer"];
                };
            };
            /** @description Its ids cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The body is not valid JSON"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description The signature is not right */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The signature is missing: check HUBSPOT_CLIENT_SECRET and PUBLIC_URL"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description It is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The body is larger than 1048576 bytes"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description Too many of this portal wait for their commit, or of this address had a wrong signature: HubSpot calls again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "Not committed; call again"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description Not committed, or not known to be: HubSpot calls again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The portal is not installed here"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
        };
    };
    callDefinedAction: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of v2, or v1 beside v3 */
                "x-hubspot-signature"?: string;
                "x-hubspot-signature-version"?: string;
                "x-hubspot-signature-v3"?: string;
                /** @description Of v3, in milliseconds */
                "x-hubspot-request-timestamp"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "callbackId": "ap-41000009-1-1-0",
                 *       "origin": {
                 *         "portalId": 41000009,
                 *         "actionDefinitionId": 33540408
                 *       },
                 *       "context": {
                 *         "source": "WORKFLOWS",
                 *         "workflowId": 7002
                 *       },
                 *       "object": {
                 *         "objectId": 1,
                 *         "objectType": "CONTACT"
                 *       },
                 *       "inputFields": {
                 *         "name": "Ada"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["DefinedActionCall"];
            };
        };
        responses: {
            /** @description Committed: it waits (`BLOCK`), or what became of it (`inline`, and repeats) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "outputFields": {
                     *         "hs_execution_state": "BLOCK",
                     *         "hs_expiration_duration": "P1W"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["DefinedActionAnswer"];
                };
            };
            /** @description Its ids cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The body is not valid JSON"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description The signature is not right */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The signature is missing: check HUBSPOT_CLIENT_SECRET and PUBLIC_URL"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description It is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The body is larger than 1048576 bytes"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description Too many of this portal wait for their commit, or of this address had a wrong signature: HubSpot calls again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "Not committed; call again"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description Not committed, no answer of an inline handler, or there is no such action here (yet): HubSpot calls again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "There is no such action here (sluice.config.ts)"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
        };
    };
    fetchActionOptions: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of v2, or v1 beside v3 */
                "x-hubspot-signature"?: string;
                "x-hubspot-signature-version"?: string;
                "x-hubspot-signature-v3"?: string;
                /** @description Of v3, in milliseconds */
                "x-hubspot-request-timestamp"?: string;
            };
            path: {
                name: string;
                field: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "origin": {
                 *         "portalId": 41000009,
                 *         "actionDefinitionId": 33540407
                 *       },
                 *       "objectTypeId": "0-1",
                 *       "inputFieldName": "queue",
                 *       "inputFields": {
                 *         "max_throughput": {
                 *           "type": "STATIC_VALUE",
                 *           "value": "5"
                 *         }
                 *       },
                 *       "fetchOptions": {
                 *         "q": "ma"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OptionsCall"];
            };
        };
        responses: {
            /** @description A page of choices, which may be a minute old */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "options": [
                     *         {
                     *           "label": "mail",
                     *           "value": "mail"
                     *         }
                     *       ],
                     *       "searchable": true
                     *     }
                     */
                    "application/json": components["schemas"]["FieldOptions"];
                };
            };
            /** @description It cannot be understood */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The body is not JSON"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description The signature is not right */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The signature is missing: check HUBSPOT_CLIENT_SECRET and PUBLIC_URL"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description It is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The body is larger than 262144 bytes"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description Too many calls of this address had a wrong signature */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "Too many calls from this address had a wrong signature"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description There are none now: no such field, a portal that is not connected, a function that fails or takes too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "Its options took longer than 1800 ms"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
        };
    };
    fetchQueues: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of v2, or v1 beside v3 */
                "x-hubspot-signature"?: string;
                "x-hubspot-signature-version"?: string;
                "x-hubspot-signature-v3"?: string;
                /** @description Of v3, in milliseconds */
                "x-hubspot-request-timestamp"?: string;
            };
            path: {
                field: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "origin": {
                 *         "portalId": 41000009,
                 *         "actionDefinitionId": 33540407
                 *       },
                 *       "objectTypeId": "0-1",
                 *       "inputFieldName": "queue",
                 *       "inputFields": {
                 *         "max_throughput": {
                 *           "type": "STATIC_VALUE",
                 *           "value": "5"
                 *         }
                 *       },
                 *       "fetchOptions": {
                 *         "q": "ma"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OptionsCall"];
            };
        };
        responses: {
            /** @description A page of choices, which may be a minute old */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "options": [
                     *         {
                     *           "label": "mail",
                     *           "value": "mail"
                     *         }
                     *       ],
                     *       "searchable": true
                     *     }
                     */
                    "application/json": components["schemas"]["FieldOptions"];
                };
            };
            /** @description It cannot be understood */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The body is not JSON"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description The signature is not right */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The signature is missing: check HUBSPOT_CLIENT_SECRET and PUBLIC_URL"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description It is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The body is larger than 262144 bytes"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description Too many calls of this address had a wrong signature */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "Too many calls from this address had a wrong signature"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
            /** @description There are none now: no such field, a portal that is not connected, a function that fails or takes too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "Its options took longer than 1800 ms"
                     *     }
                     */
                    "application/json": components["schemas"]["Refusal"];
                };
            };
        };
    };
    callWebhooks: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of v1 */
                "x-hubspot-signature"?: string;
                "x-hubspot-signature-version"?: string;
                "x-hubspot-signature-v3"?: string;
                /** @description Of v3, in milliseconds */
                "x-hubspot-request-timestamp"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example [
                 *       {
                 *         "eventId": 4101286121,
                 *         "subscriptionId": 12345,
                 *         "portalId": 41000009,
                 *         "occurredAt": 1798795799000,
                 *         "subscriptionType": "contact.propertyChange",
                 *         "attemptNumber": 0,
                 *         "objectId": 51,
                 *         "propertyName": "email",
                 *         "propertyValue": "ada@example.com",
                 *         "changeSource": "CRM_UI"
                 *       }
                 *     ]
                 */
                "application/json": components["schemas"]["SentWebhookEvent"][];
            };
        };
        responses: {
            /** @description Committed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "taken": 1
                     *     }
                     */
                    "application/json": components["schemas"]["WebhooksTaken"];
                };
            };
            /** @description It is no array of at most 100 events */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The body is no array of events"
                     *     }
                     */
                    "application/json": {
                        message: string;
                    };
                };
            };
            /** @description The signature is not right */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The signature is missing: check HUBSPOT_CLIENT_SECRET and PUBLIC_URL"
                     *     }
                     */
                    "application/json": {
                        message: string;
                    };
                };
            };
            /** @description It is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "The body is larger than 1048576 bytes"
                     *     }
                     */
                    "application/json": {
                        message: string;
                    };
                };
            };
            /** @description Too many wait for their commit: HubSpot sends it again */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "Not committed; call again"
                     *     }
                     */
                    "application/json": {
                        message: string;
                    };
                };
            };
            /** @description Not committed, or not known to be: HubSpot sends it again */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "message": "Not committed; call again"
                     *     }
                     */
                    "application/json": {
                        message: string;
                    };
                };
            };
        };
    };
    showFront: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where things are */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "Sluice",
                     *       "api": "https://sluice.example.com/api",
                     *       "health": "/healthz",
                     *       "ready": "/readyz"
                     *     }
                     */
                    "application/json": components["schemas"]["Front"];
                    "text/html": string;
                };
            };
            /** @description What came in is not HTTP that can be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    showLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It runs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "alive",
                     *       "uptimeSeconds": 86400
                     *     }
                     */
                    "application/json": components["schemas"]["Liveness"];
                };
            };
            /** @description What came in is not HTTP that can be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    showReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It may; `degraded`: though something is not well */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ready",
                     *       "checks": {
                     *         "database": {
                     *           "ok": true,
                     *           "ms": 2
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description What came in is not HTTP that can be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It may not */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "not ready",
                     *       "checks": {
                     *         "database": {
                     *           "ok": false,
                     *           "ms": 5000,
                     *           "problem": "No answer within 5000 ms",
                     *           "mend": "Look at it"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    showOpenApiJson: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "openapi": "3.1.0",
                     *       "paths": {}
                     *     }
                     */
                    "application/json": {
                        openapi: string;
                        paths: {
                            [key: string]: unknown;
                        };
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description What came in is not HTTP that can be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            429: components["responses"]["TooManyRequests"];
        };
    };
    showOpenApiYaml: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example openapi: 3.1.0 */
                    "application/yaml": unknown;
                };
            };
            /** @description What came in is not HTTP that can be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            429: components["responses"]["TooManyRequests"];
        };
    };
    showApiPage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example <!doctype html>… */
                    "text/html": string;
                };
            };
            /** @description What came in is not HTTP that can be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            429: components["responses"]["TooManyRequests"];
        };
    };
    showApiPageBelowApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example <!doctype html>… */
                    "text/html": string;
                };
            };
            /** @description What came in is not HTTP that can be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            429: components["responses"]["TooManyRequests"];
        };
    };
    showApiPageAsset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example  */
                    "*/*": string;
                };
            };
            /** @description What came in is not HTTP that can be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    showGuide: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example <!doctype html>… */
                    "text/html": string;
                };
            };
            /** @description What came in is not HTTP that can be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            429: components["responses"]["TooManyRequests"];
        };
    };
    showGuidePage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example <!doctype html>… */
                    "text/html": string;
                };
            };
            /** @description What came in is not HTTP that can be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
        };
    };
}
