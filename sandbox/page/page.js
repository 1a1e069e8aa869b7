import { showEditor } from './editor.js';
import { showInstalls } from './install.js';

const STATES = ['completed', 'waiting', 'calling', 'retrying', 'failed', 'queued'];
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];
const number = new Intl.NumberFormat('en');
const $ = (id) => document.getElementById(id);

/** The elements of portals and workflows by key: created once, then only their figures change. */
const portals = new Map();
const workflows = new Map();

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function fromTemplate(id) {
  return $(id).content.firstElementChild.cloneNode(true);
}

function plural(count, word) {
  return `${number.format(count)} ${word}${count === 1 ? '' : 's'}`;
}

/** A length of time in its largest whole unit: 5 s, 1 h. */
function inUnits(ms) {
  const [name, unitMs] = UNITS.find(([, size]) => ms % size === 0) ?? ['ms', 1];
  return `${number.format(ms / unitMs)} ${name}`;
}

function showTotals({ report, portals: shown }) {
  const { totals } = report;
  const steps = shown.flatMap((portal) => portal.workflows.flatMap((workflow) => workflow.steps));
  const tooFast = steps.filter(({ window }) => window && window.most > window.limit).length;
  const sum = (name) => report.portals.reduce((total, portal) => total + portal[name], 0);
  const rows = [
    ['Acknowledged', totals.acknowledged],
    ['Waiting', totals.neverCompleted],
    ['Completed', totals.completed],
    ['Steps beyond their rate', tooFast, true],
    ['Calls received', sum('calls')],
    ['Answered 429', sum('rejected429'), true],
    ['Expired', totals.expired, true],
    ['Completed twice', totals.completedTwice, true],
  ];
  $('totals').replaceChildren(
    ...rows.map(([label, count, isTrouble]) => {
      const cell = element('div', isTrouble && count > 0 ? 'bad' : '');
      cell.append(element('dt', '', label), element('dd', '', number.format(count)));
      return cell;
    }),
  );
}

function showPortals(overview) {
  const root = $('portals');
  if (overview.portals.length === 0) {
    if (!root.querySelector('.empty')) root.replaceChildren(emptyCard());
    portals.clear();
    workflows.clear();
    return;
  }
  root.querySelector('.empty')?.remove();
  const known = new Set(overview.portals.map(({ portalId }) => portalId));
  for (const [portalId, card] of portals) {
    if (known.has(portalId)) continue;
    card.remove();
    portals.delete(portalId);
    for (const section of card.querySelectorAll('.workflow')) workflows.delete(section.dataset.shape);
  }
  for (const portal of overview.portals) showPortal(root, portal, overview.nowMs);
}

function showPortal(list, portal, nowMs) {
  let card = portals.get(portal.portalId);
  if (!card) {
    card = fromTemplate('portal-template');
    portals.set(portal.portalId, card);
    list.append(card);
  }
  card.querySelector('h2').textContent = portal.name;
  card.querySelector('.facts').textContent =
    `portal ${portal.portalId} · ${portal.timeZone} · ${portal.installed ? 'app installed' : 'app not installed'}`;
  const used = portal.limit.max - portal.limit.remaining;
  const meter = card.querySelector('meter');
  meter.max = portal.limit.max;
  meter.high = portal.limit.max * 0.9;
  meter.value = used;
  meter.setAttribute('aria-label', 'Calls in the last 10 seconds');
  card.querySelector('.budget .quiet').textContent = `${used} of ${portal.limit.max} calls in the last 10 s`;
  showInstalls(card.querySelector('.installs'), portal, nowMs, () => void refresh());
  const records = Object.entries(portal.records).filter(([, count]) => count > 0);
  const line = card.querySelector('.records');
  line.hidden = records.length === 0;
  line.textContent = records.map(([type, count]) => `${type} ${number.format(count)}`).join(' · ');
  const root = card.querySelector('.workflows');
  const shapes = new Set(portal.workflows.map((workflow) => shapeOf(portal, workflow)));
  for (const section of [...root.children]) {
    if (shapes.has(section.dataset.shape)) continue;
    section.remove();
    workflows.delete(section.dataset.shape);
  }
  for (const workflow of portal.workflows) showWorkflow(root, portal, workflow);
}

/** After a reset the same id may stand for another workflow. */
function shapeOf(portal, workflow) {
  return JSON.stringify([portal.portalId, workflow.workflowId, workflow.name, workflow.steps]);
}

function showWorkflow(root, portal, workflow) {
  const shape = shapeOf(portal, workflow);
  let section = workflows.get(shape);
  if (!section) {
    section = createWorkflow(portal, workflow);
    section.dataset.shape = shape;
    workflows.set(shape, section);
    root.append(section);
  }
  const total = STATES.reduce((sum, state) => sum + workflow.byState[state], 0);
  section.querySelector('.facts').textContent =
    `workflow ${workflow.workflowId} · ${plural(total, 'record')} enrolled`;
  section.querySelectorAll('.steps .most').forEach((most, index) => {
    const { window } = workflow.steps[index];
    if (!window) return;
    most.textContent = ` · at most ${number.format(window.most)} of ${number.format(window.limit)} in any ${inUnits(window.intervalMs)}`;
    most.classList.toggle('bad', window.most > window.limit);
  });
  for (const state of STATES) {
    const count = workflow.byState[state];
    section.querySelector(`.bar .${state}`).style.width = total === 0 ? '0' : `${(100 * count) / total}%`;
    const entry = section.querySelector(`.legend .${state}`);
    entry.textContent = `${state} ${number.format(count)}`;
    entry.hidden = count === 0;
  }
  const spoken = STATES.filter((state) => workflow.byState[state] > 0).map(
    (s) => `${workflow.byState[s]} ${s}`,
  );
  section.querySelector('.bar').setAttribute('aria-label', spoken.join(', ') || 'Nothing enrolled yet');
}

function createWorkflow(portal, workflow) {
  const section = fromTemplate('workflow-template');
  section.querySelector('h3').textContent = workflow.name;
  section.querySelector('.steps').append(
    ...workflow.steps.map((step, index) => {
      const inputs = Object.entries(step.inputFields).map(([name, value]) => `${name} ${value}`);
      const item = element(
        'li',
        '',
        [`${index + 1} · action ${step.actionDefinitionId}`, ...inputs].join(' · '),
      );
      item.append(element('span', 'most'));
      return item;
    }),
  );
  for (const state of STATES) {
    section.querySelector('.bar').append(element('span', state));
    section.querySelector('.legend').append(element('li', state));
  }
  const path = `/_sandbox/portals/${portal.portalId}/workflows/${workflow.workflowId}/enrol`;
  section.querySelector('form').addEventListener('submit', (event) => {
    event.preventDefault();
    void enrol(event.currentTarget, path);
  });
  return section;
}

async function enrol(form, path) {
  const button = form.querySelector('button');
  const output = form.querySelector('output');
  const plan = {
    count: form.elements.count.valueAsNumber,
    ratePerSecond: form.elements.ratePerSecond.valueAsNumber,
  };
  button.disabled = true;
  try {
    const response = await fetch(path, { method: 'POST', body: JSON.stringify(plan) });
    const answer = await response.json();
    output.textContent = response.ok ? `${plural(plan.count, 'record')} enrolled.` : answer.error;
    await refresh();
  } catch {
    output.textContent = 'The sandbox does not answer.';
  } finally {
    button.disabled = false;
  }
}

function emptyCard() {
  const post = (path, body) =>
    `curl -X POST ${location.origin}/_sandbox${path} \\\n  -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
  const url = 'http://localhost:3000/api/hubspot/action';
  const inputFields = { max_throughput: '50', time: '5', period: 'seconds' };
  const card = fromTemplate('empty-template');
  const commands = [
    post('/portals', { portalId: 26816943, name: 'Acme' }),
    post('/portals/26816943/install', {}),
    post('/portals/26816943/actions', { actionUrl: url, actionDefinitionId: 33540407 }),
    post('/portals/26816943/workflows', { steps: [{ actionDefinitionId: 33540407, inputFields }] }),
  ].join('\n\n');
  card.querySelector('#commands').textContent = commands;
  card.querySelector('#copy').addEventListener('click', (event) => {
    const button = event.currentTarget;
    navigator.clipboard.writeText(commands).then(
      () => (button.textContent = 'Copied'),
      () => (button.textContent = 'Select and copy by hand'),
    );
  });
  return card;
}

function showRequests({ requests, nowMs }) {
  if (requests.length === 0) {
    const cell = element('td', 'quiet', 'Nothing has asked for anything yet.');
    cell.colSpan = 5;
    const row = element('tr');
    row.append(cell);
    $('requests').replaceChildren(row);
    return;
  }
  $('requests').replaceChildren(...requests.map((request) => requestRow(request, nowMs)));
}

function requestRow(request, nowMs) {
  const row = element('tr');
  const shown = element('td');
  shown.append(element('code', '', `${request.method} ${request.path}`));
  if (request.foreign) shown.append(element('span', 'quiet', ' by another user of the limit'));
  const lost = request.ms !== null && !request.delivered;
  const answer = request.status === 0 ? 'none' : `${request.status}${lost ? ', lost' : ''}`;
  const status = request.ms === null ? 'open' : answer;
  const isBad = request.status >= 400 || lost;
  row.append(
    element('td', '', `${((nowMs - request.atMs) / 1000).toFixed(1)} s`),
    element('td', '', request.portalId ?? '–'),
    shown,
    element('td', isBad ? 'bad-answer' : '', status),
    element('td', 'number', request.ms === null ? '' : `${request.ms.toFixed(1)} ms`),
  );
  return row;
}

function showFaults({ faults }) {
  $('faults-section').hidden = faults.length === 0;
  $('faults').replaceChildren(
    ...faults.map((fault) => {
      const share = fault.share === undefined ? 'every request' : `${Math.round(fault.share * 100)} %`;
      const portal = fault.portalId === undefined ? '' : ` of portal ${fault.portalId}`;
      const what = fault.kind === 'status' ? `status ${fault.status ?? 500}` : fault.kind;
      return element(
        'li',
        '',
        `${what} on ${share} to ${fault.target}${portal}: hit ${plural(fault.hits, 'time')}`,
      );
    }),
  );
}

async function refresh() {
  try {
    const response = await fetch('/_sandbox/overview');
    const overview = await response.json();
    showTotals(overview);
    showPortals(overview);
    showFaults(overview);
    showRequests(overview);
    await showEditor(overview.portals, refresh);
    $('pulse').className = 'pulse live';
    $('status').textContent = `Live · app ${overview.appId} · ${plural(overview.portals.length, 'portal')}`;
  } catch {
    $('pulse').className = 'pulse away';
    $('status').textContent = 'The sandbox does not answer. It is asked again every second.';
  }
}

async function follow() {
  if (!document.hidden) await refresh();
  setTimeout(follow, 1000);
}

void follow();
