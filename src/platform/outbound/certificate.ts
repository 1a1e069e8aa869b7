import tls from 'node:tls';

/** When the certificate of a server ends. Rejects where there is none that holds, with the code of OpenSSL or Node. */
export function certificateEnd(
  { host, port }: { readonly host: string; readonly port: number },
  { deadlineMs, ca }: { readonly deadlineMs: number; readonly ca?: string | undefined },
): Promise<Date> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host, port, servername: host, ...(ca !== undefined && { ca }) }, () => {
      const { valid_to: end } = socket.getPeerCertificate();
      socket.destroy();
      resolve(new Date(end));
    });
    socket.setTimeout(deadlineMs, () => socket.destroy(new Error(`No answer within ${deadlineMs} ms`)));
    socket.on('error', reject);
  });
}
