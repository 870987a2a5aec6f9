/** A private registry of ECR. */
export interface Registry {
  host: string;
  region: string;
}

const HOST = /^\d{12}\.dkr\.ecr(?:-fips)?\.(?<region>[a-z]{2}(?:-[a-z]+)+-\d{1,2})\.amazonaws\.com(?:\.cn)?$/;

/** @returns undefined when it is none */
export function parseRegistry(host: string): Registry | undefined {
  const region = HOST.exec(host)?.groups?.['region'];
  return region === undefined ? undefined : { host, region };
}

export function registryOf(account: string, region: string): Registry {
  return {
    host: `${account}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`,
    region,
  };
}
