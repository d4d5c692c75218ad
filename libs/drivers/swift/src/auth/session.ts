import type { HttpClient } from '../http.js';
import { keystoneV2 } from './keystone-v2.js';
import { keystoneV3 } from './keystone-v3.js';
import type { Grant, Login } from './login.js';
import { tempAuth } from './temp-auth.js';

/** The token in use. Logs in at first use and again when a token was refused; callers at the same time share one login. */
export class Session {
  private current: Promise<Grant> | undefined;

  constructor(
    private readonly login: Login,
    private readonly http: HttpClient,
  ) {}

  /** @throws StorageError or the network's error */
  grant(): Promise<Grant> {
    this.current ??= this.logIn();
    return this.current;
  }

  /** False when there is no other token to be had: a ready token ends for good. */
  get renewable(): boolean {
    return this.login.kind !== 'token';
  }

  /** Another token than `refused`, which nobody uses from now on. */
  async renew(refused: Grant): Promise<Grant> {
    if ((await this.current) === refused) this.current = undefined;
    return this.grant();
  }

  private logIn(): Promise<Grant> {
    const started = this.authenticate();
    started.catch(() => {
      if (this.current === started) this.current = undefined; // the next caller tries anew
    });
    return started;
  }

  private async authenticate(): Promise<Grant> {
    const { login, http } = this;
    switch (login.kind) {
      case 'token':
        return { token: login.token.reveal(), storageUrl: login.storageUrl };
      case 'v1':
        return tempAuth(http, login);
      case 'v2':
        return keystoneV2(http, login);
      default:
        return keystoneV3(http, login);
    }
  }
}
