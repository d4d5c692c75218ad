import { SERVICE_CONTEXT, UserAuthenticator, type ServiceContext } from '@kedge/service';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard } from './auth.guard.js';

/** HTTP basic for every route; see {@link AuthGuard}. */
@Module({
  providers: [
    {
      provide: UserAuthenticator,
      inject: [SERVICE_CONTEXT],
      useFactory: (context: ServiceContext) => new UserAuthenticator(context.sql),
    },
    { provide: APP_GUARD, useClass: AuthGuard },
  ],
})
export class AuthModule {}
