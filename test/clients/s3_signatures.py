# Puts and gets objects with botocore in every way that it signs. Reads the endpoint and the keys as JSON from standard
# input, prints a line per request that should have been believed: its name, and the SHA-256 of the body that was sent.

import hashlib
import io
import json
import sys
import urllib.request

import botocore.session
from botocore.config import Config

given = json.load(sys.stdin)
BODY = b"body of botocore " * 5000
KEYS = given["objectKeys"]


def client(version, token=None, **s3):
    session = botocore.session.Session()
    key = given["session"] if token else given["key"]
    return session.create_client(
        "s3",
        endpoint_url=given["endpoint"],
        region_name="eu-west-1",
        aws_access_key_id=key["accessKeyId"],
        aws_secret_access_key=key["secret"],
        aws_session_token=key.get("sessionToken"),
        config=Config(signature_version=version, retries={"max_attempts": 0}, s3={"addressing_style": "path", **s3}),
    )


def told(name, body=b""):
    print(name, hashlib.sha256(body).hexdigest(), flush=True)


for version in ("s3v4", "s3"):
    for token in (False, True):
        for signed in (True, False):
            s3 = client(version, token, payload_signing_enabled=signed)
            for key in KEYS:
                told(f"{version} put", BODY)
                s3.put_object(Bucket="bucket", Key=key, Body=BODY, Metadata={"a": " b  c "}, ContentType="text/x; a=b")
                told(f"{version} stream", BODY)
                s3.put_object(Bucket="bucket", Key=key, Body=io.BytesIO(BODY))
                told(f"{version} get")
                s3.get_object(Bucket="bucket", Key=key)
        s3 = client(version, token)
        told(f"{version} part", BODY)
        s3.upload_part(Bucket="bucket", Key="k", UploadId="a+b/c=", PartNumber=3, Body=BODY)
        told(f"{version} list")
        s3.list_objects(Bucket="bucket", Prefix="a b/ü", Delimiter="/")
        if version == "s3v4":  # with the older signature some releases sign `?acl?acl`
            told(f"{version} acl")
            s3.get_bucket_acl(Bucket="bucket")

for version in ("s3v4", "s3"):
    for token in (False, True):
        s3 = client(version, token)
        for key in KEYS:
            url = s3.generate_presigned_url(
                "get_object",
                Params={"Bucket": "bucket", "Key": key, "ResponseContentType": "text/plain; a=b+c"},
            )
            told(f"{version} presigned get")
            urllib.request.urlopen(url).read()
            url = s3.generate_presigned_url("put_object", Params={"Bucket": "bucket", "Key": key, "ContentType": "a/b"})
            told(f"{version} presigned put", BODY)
            sending = urllib.request.Request(url, data=BODY, method="PUT", headers={"Content-Type": "a/b"})
            urllib.request.urlopen(sending).read()
