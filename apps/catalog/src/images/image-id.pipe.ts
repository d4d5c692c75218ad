import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';

/** An image id in the path: 64 hex characters. */
@Injectable()
export class ImageIdParam implements PipeTransform<string, string> {
  transform(value: string): string {
    if (/^[0-9a-f]{64}$/i.test(value)) return value.toLowerCase();
    throw new BadRequestException(`'imageId' must be 64 hex characters`);
  }
}
