/** The editor of a step: the fields of a definition, with drop-downs whose options are fetched when they are opened. */
const section = document.getElementById('editor-section');
const form = document.getElementById('editor');
const { portal: portalChoice, definition: definitionChoice } = form.elements;
const fieldset = form.querySelector('fieldset');
const output = form.querySelector('output');
let definitions = [];

/** Shows what there is to choose from; what somebody is filling in stays as it is. */
export async function showEditor(portals, refresh) {
  const answer = await ask('GET', '/definitions');
  definitions = answer.ok ? answer.body.items : [];
  const installed = portals.filter(({ installs }) => installs.length > 0);
  section.hidden = definitions.length === 0 || installed.length === 0;
  offer(
    portalChoice,
    installed.map(({ portalId, name }) => [String(portalId), name]),
  );
  offer(
    definitionChoice,
    definitions.map(({ id, name, revisionId }) => [String(id), `${name}, revision ${revisionId}`]),
  );
  const shape = `${portalChoice.value} ${definitionChoice.value} ${definitionChoice.selectedOptions[0]?.text}`;
  if (fieldset.dataset.shape !== shape) showFields(shape);
  form.onsubmit = (event) => {
    event.preventDefault();
    void addStep(refresh);
  };
}

for (const choice of [portalChoice, definitionChoice])
  choice.addEventListener('change', () => showFields(`${portalChoice.value} ${definitionChoice.value}`));

function offer(choice, entries) {
  const shape = JSON.stringify(entries);
  if (choice.dataset.shape === shape) return;
  choice.dataset.shape = shape;
  const before = choice.value;
  choice.replaceChildren(...entries.map(([value, text]) => new Option(text, value)));
  if (entries.some(([value]) => value === before)) choice.value = before;
}

function showFields(shape) {
  fieldset.dataset.shape = shape;
  output.textContent = '';
  const chosen = definitions.find(({ id }) => String(id) === definitionChoice.value);
  fieldset.replaceChildren(...(chosen?.inputFields ?? []).map((field) => fieldOf(field, chosen.labels)));
}

function fieldOf({ typeDefinition, isRequired }, labels) {
  const { name, type, options, optionsUrl } = typeDefinition;
  const label = document.createElement('label');
  const control = type === 'enumeration' ? document.createElement('select') : document.createElement('input');
  control.name = name;
  control.required = isRequired;
  if (type === 'number') control.type = 'number';
  if (type === 'enumeration')
    control.replaceChildren(new Option('', ''), ...options.map((o) => new Option(o.label, o.value)));
  if (optionsUrl) control.addEventListener('focus', () => void fetchOptions(control), { once: true });
  label.append(`${labels.inputFieldLabels?.[name] ?? name} `, control);
  label.title = labels.inputFieldDescriptions?.[name] ?? '';
  return label;
}

/** All pages, one after the other: people look through no more than some. */
async function fetchOptions(control) {
  if (!(await giveAction())) return;
  let after;
  for (let page = 0; page < 10; page += 1) {
    const body = { field: control.name, inputFields: filledIn(), ...(after && { after }) };
    const answer = await ask(
      'POST',
      `/portals/${portalChoice.value}/actions/${definitionChoice.value}/options`,
      body,
    );
    if (!answer.ok || answer.body.status !== 200) {
      output.textContent = answer.ok ? `The options were answered ${answer.body.status}.` : answer.body.error;
      return;
    }
    const { options = [], after: next } = answer.body.body;
    control.append(...options.map((option) => new Option(option.label, option.value)));
    if (!next) return;
    after = next;
  }
}

/** The portal's own account of the action, in the newest revision. */
async function giveAction() {
  const plan = { definitionId: Number(definitionChoice.value), asDeveloper: true };
  const answer = await ask('POST', `/portals/${portalChoice.value}/actions`, plan);
  if (!answer.ok) output.textContent = answer.body.error;
  return answer.ok;
}

async function addStep(refresh) {
  if (!(await giveAction())) return;
  const steps = [{ actionDefinitionId: Number(definitionChoice.value), inputFields: filledIn() }];
  const name = definitionChoice.selectedOptions[0].text;
  const answer = await ask('POST', `/portals/${portalChoice.value}/workflows`, { name, steps });
  output.textContent = answer.ok ? `Workflow ${answer.body.workflowId} has the step.` : answer.body.error;
  refresh();
}

function filledIn() {
  const controls = [...fieldset.querySelectorAll('input, select')];
  return Object.fromEntries(
    controls.filter(({ value }) => value !== '').map(({ name, value }) => [name, value]),
  );
}

async function ask(method, path, body) {
  try {
    const response = await fetch(`/_sandbox${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    return { ok: response.ok, body: await response.json() };
  } catch {
    return { ok: false, body: { error: 'The sandbox does not answer.' } };
  }
}
