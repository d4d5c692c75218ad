import { SERVICE_CONTEXT, type ServiceContext } from '@kedge/service';
import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Req,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminOnly, CurrentAccount } from '../auth/decorators.js';
import { AnswersJsonText } from '../wire/json-text.interceptor.js';
import { objectAddress, readObject, writeObject } from './object-answers.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const BYTES = 'application/octet-stream';

/**
 * Objects of the account in which the request acts, for admins and services (storage spec 2.6): bytes streamed both ways,
 * or JSON. A `/` in an id is sent as `%2F`.
 */
@ApiTags('Objects')
@AdminOnly()
@Controller('objects')
export class ObjectsController {
  constructor(@Inject(SERVICE_CONTEXT) private readonly context: ServiceContext) {}

  @Get('raw/:bucket/:archiveId')
  @ApiOperation({ summary: 'Bytes of an object; understands Range' })
  getRaw(
    @CurrentAccount() account: string,
    @Param('bucket') bucket: string,
    @Param('archiveId') key: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    return readObject(this.store, { account, bucket, key }, { request, reply }, BYTES);
  }

  @Post('raw/:bucket/:archiveId')
  @HttpCode(200)
  @AnswersJsonText()
  @ApiOperation({ summary: 'Store bytes, replacing what the object had; answers its address' })
  async postRaw(
    @CurrentAccount() account: string,
    @Param('bucket') bucket: string,
    @Param('archiveId') key: string,
    @Req() request: FastifyRequest,
  ): Promise<string> {
    const id = { account, bucket, key };
    await writeObject(this.store, id, request);
    return objectAddress(request, id);
  }

  @Put('raw/:bucket/:archiveId')
  @AnswersJsonText()
  @ApiOperation({ summary: 'The same as POST' })
  putRaw(
    @CurrentAccount() account: string,
    @Param('bucket') bucket: string,
    @Param('archiveId') key: string,
    @Req() request: FastifyRequest,
  ): Promise<string> {
    return this.postRaw(account, bucket, key, request);
  }

  @Delete('raw/:bucket/:archiveId')
  @AnswersJsonText()
  @ApiOperation({ summary: 'Delete an object; deleting what is not there succeeds' })
  deleteRaw(
    @CurrentAccount() account: string,
    @Param('bucket') bucket: string,
    @Param('archiveId') key: string,
  ): Promise<null> {
    return this.delete(account, bucket, key);
  }

  @Get(':bucket/:archiveId')
  @ApiOperation({ summary: 'An object that holds JSON' })
  get(
    @CurrentAccount() account: string,
    @Param('bucket') bucket: string,
    @Param('archiveId') key: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    return readObject(this.store, { account, bucket, key }, { request, reply }, JSON_TYPE);
  }

  @Post(':bucket/:archiveId')
  @HttpCode(200)
  @AnswersJsonText()
  @ApiOperation({ summary: 'Store JSON, replacing what the object had; answers its address' })
  async post(
    @CurrentAccount() account: string,
    @Param('bucket') bucket: string,
    @Param('archiveId') key: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<string> {
    if (body === undefined) throw new BadRequestException('the request needs a body');
    const id = { account, bucket, key };
    await this.store.put(id, JSON.stringify(body));
    return objectAddress(request, id);
  }

  @Put(':bucket/:archiveId')
  @AnswersJsonText()
  @ApiOperation({ summary: 'The same as POST' })
  put(
    @CurrentAccount() account: string,
    @Param('bucket') bucket: string,
    @Param('archiveId') key: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<string> {
    return this.post(account, bucket, key, body, request);
  }

  @Delete(':bucket/:archiveId')
  @AnswersJsonText()
  @ApiOperation({ summary: 'Delete an object; deleting what is not there succeeds' })
  async delete(
    @CurrentAccount() account: string,
    @Param('bucket') bucket: string,
    @Param('archiveId') key: string,
  ): Promise<null> {
    await this.store.delete({ account, bucket, key });
    return null;
  }

  protected get store() {
    return this.context.stores.objectStore;
  }
}
