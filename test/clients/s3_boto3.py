"""boto3 against the bucket store: the transfer helpers, copies, paginators, waiters, the resource interface and typed errors.

Reads {"endpoint": …, "folder": …} as JSON from its input; every claim is an assertion.
"""

import json
import os
import sys
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

given = json.load(sys.stdin)
keys = dict(
    endpoint_url=given["endpoint"],
    aws_access_key_id="test",
    aws_secret_access_key="test",
    region_name="eu-west-1",
    config=Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"max_attempts": 0}),
)
s3 = boto3.client("s3", **keys)
in_parts = TransferConfig(multipart_threshold=6 << 20, multipart_chunksize=5 << 20, max_concurrency=8)


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response
    raise AssertionError(f"{code} was expected")


s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.get_waiter("bucket_exists").wait(Bucket="shop")
assert s3.get_bucket_location(Bucket="shop")["LocationConstraint"] == "eu-west-1"
assert s3.head_bucket(Bucket="shop")["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "eu-west-1"

# The transfer helpers, in parts and at once.
source = os.path.join(given["folder"], "source")
target = os.path.join(given["folder"], "target")
for size in (0, 1, 12_000_001):
    with open(source, "wb") as file:
        file.write(os.urandom(size))
    s3.upload_file(source, "shop", "d/file", Config=in_parts, ExtraArgs={"Metadata": {"a": "b"}, "ContentType": "x/y"})
    s3.download_file("shop", "d/file", target, Config=in_parts)
    with open(source, "rb") as one, open(target, "rb") as other:
        assert one.read() == other.read(), size
    head = s3.head_object(Bucket="shop", Key="d/file")
    assert (head["ContentLength"], head["Metadata"], head["ContentType"]) == (size, {"a": "b"}, "x/y")
s3.copy({"Bucket": "shop", "Key": "d/file"}, "shop", "copied in parts", Config=in_parts)
with open(target, "wb") as file:
    s3.download_fileobj("shop", "copied in parts", file)
with open(source, "rb") as one, open(target, "rb") as other:
    assert one.read() == other.read()

# Signed addresses.
address = s3.generate_presigned_url("put_object", Params={"Bucket": "shop", "Key": "by address"})
request = urllib.request.Request(address, data=b"hello", method="PUT")
assert urllib.request.urlopen(request).status == 200
address = s3.generate_presigned_url(
    "get_object", Params={"Bucket": "shop", "Key": "by address", "ResponseContentType": "text/x"}
)
answer = urllib.request.urlopen(address)
assert (answer.headers["Content-Type"], answer.read()) == ("text/x", b"hello")

# Conditions and typed errors.
etag = s3.head_object(Bucket="shop", Key="by address")["ETag"]
assert s3.get_object(Bucket="shop", Key="by address", IfMatch=etag)["Body"].read() == b"hello"
assert s3.get_object(Bucket="shop", Key="by address", Range="bytes=1-2")["Body"].read() == b"el"
refused("304", s3.get_object, Bucket="shop", Key="by address", IfNoneMatch=etag)
refused("PreconditionFailed", s3.get_object, Bucket="shop", Key="by address", IfMatch='"x"')
refused("InvalidRange", s3.get_object, Bucket="shop", Key="by address", Range="bytes=9-")
refused("404", s3.head_object, Bucket="shop", Key="absent")
refused("NoSuchUpload", s3.list_parts, Bucket="shop", Key="k", UploadId="x")
assert refused("NoSuchKey", s3.get_object, Bucket="shop", Key="absent")["Error"]["Key"] == "absent"
assert refused("NoSuchBucket", s3.list_objects, Bucket="absent")["Error"]["BucketName"] == "absent"

# Pages.
for key in ("e/1", "e/2", "f/é +", "g"):
    s3.put_object(Bucket="shop", Key=key, Body=b"x")
for name in ("list_objects", "list_objects_v2", "list_object_versions"):
    member = "Versions" if name == "list_object_versions" else "Contents"
    for size in (1, 2, 3, 1000):
        shown, grouped = [], []
        for page in s3.get_paginator(name).paginate(Bucket="shop", Delimiter="/", PaginationConfig={"PageSize": size}):
            shown += [item["Key"] for item in page.get(member, [])]
            grouped += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
        assert shown == ["by address", "copied in parts", "g"], (name, size, shown)
        assert grouped == ["d/", "e/", "f/"], (name, size, grouped)

# The resource interface, down to nothing.
bucket = boto3.resource("s3", **keys).Bucket("shop")
assert bucket.Object("f/é +").get()["Body"].read() == b"x"
refused("BucketNotEmpty", s3.delete_bucket, Bucket="shop")
bucket.objects.all().delete()
bucket.delete()
s3.get_waiter("bucket_not_exists").wait(Bucket="shop")
print("done")
