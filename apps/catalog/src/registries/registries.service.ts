import { RegistryLogin } from '@kedge/database';
import { ApiError, MAX_REGISTRIES_PER_ACCOUNT, SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import { Inject, Injectable } from '@nestjs/common';
import { epochSeconds } from '../wire/timestamp.js';
import { checkRegistryName } from './registry-name.js';
import { probeRegistry, type Login } from './registry-probe.js';
import type { RegistryRequest } from './registry.dto.js';

/** Logins of accounts to registries: table `registries`. */
@Injectable()
export class RegistriesService {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  list(account: string): Promise<RegistryLogin[]> {
    const options = { order: { registry: 'ASC' }, take: MAX_REGISTRIES_PER_ACCOUNT } as const;
    return this.logins.find({ where: { userId: account }, ...options });
  }

  /** @throws ApiError 404 */
  async get(account: string, registry: string): Promise<RegistryLogin> {
    const login = await this.logins.findOneBy({ userId: account, registry });
    if (!login) throw new ApiError(404, `registry ${JSON.stringify(registry)} not found`);
    return login;
  }

  /** @throws ApiError 409 bad name, or registered already; 406 the registry does not take the login. */
  async add(account: string, request: RegistryRequest, validate: boolean): Promise<RegistryLogin> {
    const { registry } = request;
    checkRegistryName(registry);
    if (await this.logins.existsBy({ userId: account, registry })) throw registered(registry);
    if ((await this.logins.countBy({ userId: account })) >= MAX_REGISTRIES_PER_ACCOUNT) {
      throw new ApiError(409, `an account has at most ${MAX_REGISTRIES_PER_ACCOUNT} registries; delete some`);
    }
    const login = loginOf(request);
    if (validate) await probeRegistry(login);
    const now = epochSeconds();
    const added = await this.logins
      .createQueryBuilder()
      .insert()
      .values({ userId: account, ...columns(login, request, null), createdAt: now, lastUpdated: now })
      .orIgnore()
      .returning('registry')
      .execute();
    if ((added.raw as unknown[]).length === 0) throw registered(registry);
    return this.get(account, registry);
  }

  /** What the request leaves out stays as it is. @throws ApiError 404; 409 when the name differs; 406 */
  async update(account: string, registry: string, request: RegistryRequest, validate: boolean): Promise<RegistryLogin> {
    if (request.registry !== registry) {
      throw new ApiError(409, `registry ${request.registry} of the body is not ${registry} of the address`);
    }
    const former = await this.get(account, registry);
    const login = loginOf(request, former);
    if (validate) await probeRegistry(login);
    await this.logins.update(
      { userId: account, registry },
      { ...columns(login, request, former.registryName), lastUpdated: epochSeconds() },
    );
    return this.get(account, registry);
  }

  /** False when there was none. */
  async delete(account: string, registry: string): Promise<boolean> {
    const { affected } = await this.logins.delete({ userId: account, registry });
    return Boolean(affected);
  }

  private get logins() {
    return this.context.dataSource.getRepository(RegistryLogin);
  }
}

function loginOf(request: RegistryRequest, former?: RegistryLogin): Login {
  return {
    registry: request.registry,
    type: request.registry_type ?? former?.registryType ?? 'docker_v2',
    user: request.registry_user ?? former?.registryUser ?? '',
    password: request.registry_pass ?? former?.registryPass ?? '',
    verifyTls: request.registry_verify ?? former?.registryVerify ?? true,
  };
}

function columns(login: Login, request: RegistryRequest, formerName: string | null) {
  return {
    registry: login.registry,
    registryName: request.registry_name || formerName || login.registry,
    registryType: login.type,
    registryUser: login.user,
    registryPass: login.password,
    registryVerify: login.verifyTls,
  };
}

function registered(registry: string): ApiError {
  return new ApiError(409, `registry ${registry} is registered already; update it, or delete it first`);
}
