/** The parts of the API, in the order of the document. */
export const TAGS = {
  Status: 'Whether all is well, and what needs somebody',
  Lanes: 'What waits together under one rate',
  Actions: 'Workflow actions of your own, and what became of their calls',
  Executions: 'The records that HubSpot handed over, and what became of them',
  Rates: 'The rate of an action in a portal, as the configuration of the old throttle names it',
  Portals: 'HubSpot accounts: what they are, what they use, what was sent for them',
  Installs: 'Connecting and disconnecting portals',
  Events: "An application's events on their way to HubSpot",
  'Event types': 'What events do: types, mappings and their preview',
  'Dead letters': 'Events that could not be delivered, and sending them again',
  Records: "Records of HubSpot's as the mirror has them, what changed in them, and what is mirrored",
  Register: 'Contacts with their deals and tickets, written at once',
  Webhooks: "What HubSpot's webhooks have brought",
  Privacy: 'All that is stored of one record, and how it is erased',
  Workspace: 'The workspace of the key',
  'API keys': 'Who may ask for what',
  Notices: 'What was told to the URL of the workspace',
  Audit: 'Who changed what, and whether the record holds',
  HubSpot: 'What HubSpot calls',
  Service: 'Whether it is well, and what it says of itself: for whoever asks, without a key',
} as const;

export type Tag = keyof typeof TAGS;
