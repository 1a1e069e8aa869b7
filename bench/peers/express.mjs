import express from 'express';

/** The floor of the intake: Express 5 as it comes, a JSON body, the answer of our size, and no database behind it. */
process.on('disconnect', () => process.exit()); // who started it is gone
const app = express();
app.use(express.json());
app.post('/api/hubspot/action', (request, response) => {
  const { callbackId, origin } = request.body;
  if (!callbackId || !origin?.portalId) return response.status(400).json({ message: 'no callback' });
  response.json({ outputFields: { hs_execution_state: 'BLOCK', hs_expiration_duration: 'P7D' } });
});
const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
