import { Module } from '@nestjs/common';
import { ImagesModule } from '../images/images.module.js';
import { AnalyzedImages } from './analyzed-images.js';
import { ArtifactsController } from './artifacts.controller.js';
import { ContentController } from './content.controller.js';
import { ImageContent } from './image-content.js';
import { SbomsController } from './sboms.controller.js';

@Module({
  imports: [ImagesModule],
  controllers: [ContentController, ArtifactsController, SbomsController],
  providers: [AnalyzedImages, ImageContent],
})
export class ContentModule {}
