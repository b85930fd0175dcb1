// The driver under mongoose, whose types the hot paths use.

import mongoose, { type mongo } from 'mongoose';

export const { ObjectId, MongoServerError, MongoWriteConcernError } = mongoose.mongo;
export type ObjectId = mongo.ObjectId;
export type Binary = mongo.Binary;
export type Bucket = mongo.GridFSBucket;

export type Collection<T extends mongo.Document> = mongo.Collection<T>;
export type Document = mongo.Document;
export type Filter<T> = mongo.Filter<T>;
export type AnyBulkWriteOperation<T extends mongo.Document> = mongo.AnyBulkWriteOperation<T>;
export type OptionalUnlessRequiredId<T> = mongo.OptionalUnlessRequiredId<T>;
