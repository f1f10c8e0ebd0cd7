import { digestOf } from '../../src/tls/managed/certificate-store.ts';
import type { ManagedSite } from '../../src/tls/supervision/certificate-source.ts';
import { AppFolder } from './app-folder.ts';
import { FakeAcme } from './fake-acme.ts';
import { acmeIssuer, managedSite } from './managed-stage.ts';

/** A CA and a site with one certificate of it, for `a.test`. */
export interface AcmeSite extends AsyncDisposable {
  readonly folder: AppFolder;
  readonly fake: FakeAcme;
  readonly site: ManagedSite;
  /** Where the certificate's files are. */
  readonly place: string;
}

export async function acmeSite(): Promise<AcmeSite> {
  const fake = await FakeAcme.start();
  const folder = await AppFolder.with({ 'ca.pem': fake.ca });
  const { directory } = fake;
  const issuer = acmeIssuer(folder.file('acme'), { directory, trustedCertificate: folder.file('ca.pem') });
  const port = new URL(directory).port;
  return {
    fake,
    folder,
    site: managedSite([issuer], [{ issuer: 'ca', names: ['a.test'], onDemand: undefined }]),
    place: folder.file(`acme/127.0.0.1-${port}-directory+${digestOf(directory)}/ca/certificates/a.test`),
    [Symbol.asyncDispose]: async () => {
      await fake[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
