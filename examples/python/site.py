"""A site with a members' area, made with boto3: pages in a bucket that only an origin access identity can read, everything
below /members/ for those who hold a URL that was signed for the whole folder, by a key of a key group.

Makes it, shows it, removes it; `python3 site.py --keep` leaves it there."""

import datetime
import http.client
import json
import os
import subprocess
import sys
import time
from urllib.parse import urlsplit

import boto3
from botocore.signers import CloudFrontSigner

REFERENCE = f"members-{time.time_ns()}"  # the bucket's name, and CallerReference: the same again would make nothing twice
ENDPOINT = os.environ.get("AWS_ENDPOINT_URL")  # botocore before 1.31 does not read it by itself
EDGE_PORT = int(os.environ.get("WARMFRONT_EDGE_HTTP_PORT", "7480"))

s3 = boto3.client("s3", endpoint_url=ENDPOINT)
cloudfront = boto3.client("cloudfront", endpoint_url=ENDPOINT)


def make_bucket(identity):
    """Pages for everybody and for members; the bucket itself is closed to all but the identity."""
    s3.create_bucket(Bucket=REFERENCE)
    for key, text in {"index.html": "<h1>Welcome</h1>", "members/report.html": "<h1>Members only</h1>"}.items():
        s3.put_object(Bucket=REFERENCE, Key=key, Body=text.encode(), ContentType="text/html; charset=utf-8")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {identity}"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{REFERENCE}/*",
    }
    s3.put_bucket_policy(Bucket=REFERENCE, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def make_key_group(public_key):
    """CloudFront has the public half; whoever has the private half can let people in."""
    config = {"CallerReference": REFERENCE, "Name": REFERENCE, "EncodedKey": public_key}
    key = cloudfront.create_public_key(PublicKeyConfig=config)["PublicKey"]["Id"]
    group = cloudfront.create_key_group(KeyGroupConfig={"Name": REFERENCE, "Items": [key]})["KeyGroup"]["Id"]
    return key, group


def make_distribution(identity, group):
    behavior = {
        "TargetOriginId": "bucket",
        "ViewerProtocolPolicy": "allow-all",
        "MinTTL": 0,
        "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
    }
    members = {
        **behavior,
        "PathPattern": "members/*",
        "TrustedKeyGroups": {"Enabled": True, "Quantity": 1, "Items": [group]},
    }
    origin = {
        "Id": "bucket",
        "DomainName": f"{REFERENCE}.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": f"origin-access-identity/cloudfront/{identity}"},
    }
    config = {
        "CallerReference": REFERENCE,
        "Comment": "members' area",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behavior,
        "CacheBehaviors": {"Quantity": 1, "Items": [members]},
    }
    made = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
    wait_until_deployed(made["Id"])
    return made["Id"], made["DomainName"]


def wait_until_deployed(distribution):
    waiter = cloudfront.get_waiter("distribution_deployed")
    waiter.wait(Id=distribution, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def sign(private_key_file):
    """What botocore wants of a signer: bytes in, an RSA signature of their SHA-1 out."""

    def rsa(message):
        command = ["openssl", "dgst", "-sha1", "-sign", private_key_file]
        return subprocess.run(command, input=message, stdout=subprocess.PIPE, check=True).stdout

    return rsa


def view(url):
    """As a viewer, at the edge on this machine: Python does not find names below localhost by itself, so the Host is set."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", EDGE_PORT, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
    response = connection.getresponse()
    response.read()
    return f"{response.status} {response.getheader('X-Cache')}"


def remove(distribution, group, key, identity):
    """In the order in which nothing is in use."""
    now = cloudfront.get_distribution_config(Id=distribution)
    config = {**now["DistributionConfig"], "Enabled": False}
    off = cloudfront.update_distribution(Id=distribution, IfMatch=now["ETag"], DistributionConfig=config)
    wait_until_deployed(distribution)
    cloudfront.delete_distribution(Id=distribution, IfMatch=off["ETag"])
    cloudfront.delete_key_group(Id=group, IfMatch=cloudfront.get_key_group(Id=group)["ETag"])
    cloudfront.delete_public_key(Id=key, IfMatch=cloudfront.get_public_key(Id=key)["ETag"])
    revision = cloudfront.get_cloud_front_origin_access_identity(Id=identity)["ETag"]
    cloudfront.delete_cloud_front_origin_access_identity(Id=identity, IfMatch=revision)
    for each in s3.list_objects_v2(Bucket=REFERENCE).get("Contents", []):
        s3.delete_object(Bucket=REFERENCE, Key=each["Key"])
    s3.delete_bucket(Bucket=REFERENCE)


def main():
    subprocess.run(["openssl", "genrsa", "-out", "private.pem", "2048"], check=True, stderr=subprocess.DEVNULL)
    to_public = ["openssl", "rsa", "-in", "private.pem", "-pubout"]
    public_key = subprocess.run(to_public, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout

    identity_config = {"CallerReference": REFERENCE, "Comment": "reads the members' area"}
    made = cloudfront.create_cloud_front_origin_access_identity(CloudFrontOriginAccessIdentityConfig=identity_config)
    identity = made["CloudFrontOriginAccessIdentity"]["Id"]
    make_bucket(identity)
    key, group = make_key_group(public_key)
    distribution, domain = make_distribution(identity, group)
    site = f"http://{domain}:{EDGE_PORT}"
    print(f"distribution  {distribution}  {site}/")

    signer = CloudFrontSigner(key, sign("private.pem"))
    in_an_hour = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    policy = signer.build_policy(f"{site}/members/*", in_an_hour)  # of the whole folder, so any page below may carry it
    report = f"{site}/members/report.html"
    signed = signer.generate_presigned_url(report, policy=policy)
    print(f"welcome       {view(f'{site}/')}")
    print(f"again         {view(f'{site}/')}")
    print(f"unsigned      {view(report)}")
    print(f"signed        {view(signed)}")

    if "--keep" in sys.argv:
        print(f"signed-url    {signed}")
        return
    remove(distribution, group, key, identity)
    os.remove("private.pem")
    print("removed       everything")


main()
