"""The management API as boto3 sees it: every API version that botocore has, one after another through the life of
each resource. boto3.test.ts starts it, gives it the endpoint and an account per version on standard input, and
reads one JSON line per version: the operations it called, the waiters it used, and what went wrong.
"""

import json
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.loaders
from botocore.config import Config
from botocore.exceptions import ClientError

NEWEST = "2020-05-31"
BUCKET = "warmfront.s3.amazonaws.com"
WEB_ACL_CLASSIC = "473e64fd-f30b-4765-81a0-62ad96dd167a"
WEB_ACL_ARN = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/strict/a1b2c3d4-5678-90ab-cdef-EXAMPLE11111"
# Seconds and tries; the service keeps a change InProgress for a second, so that there is something to wait for.
WAIT = {"Delay": 1, "MaxAttempts": 60}

# Parallel versions: most of their time is waiting.
AT_ONCE = 5


class Life:
    """One version's clients and what is recorded about them."""

    def __init__(self, given, version, account):
        self.given = given
        self.version = version
        self.account = account
        self.operations = set()
        self.waiters = set()
        self.errors = set()
        self.client = self._open(given, version, account)
        # The same account through the newest version: what the older one wrote has to stand there too.
        self.newest = self._open(given, NEWEST, account)
        self.client.meta.events.register("before-call.cloudfront", self._count)
        self.shapes = self.client.meta.service_model

    @staticmethod
    def _open(given, version, account, service="cloudfront"):
        session = boto3.session.Session(
            aws_access_key_id=account["id"],
            aws_secret_access_key=account["secret"],
            aws_session_token=account.get("token"),
            region_name=account["region"],
        )
        return session.client(
            service,
            api_version=version,
            endpoint_url=given["endpoint"],
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=20, read_timeout=60),
        )

    def in_session(self):
        """Goes on with temporary credentials of the same account."""
        sts = self._open(self.given, None, self.account, "sts")
        same("account", sts.get_caller_identity()["Account"], self.account["number"])
        made = sts.get_session_token(DurationSeconds=900)["Credentials"]
        temporary = {"id": made["AccessKeyId"], "secret": made["SecretAccessKey"], "token": made["SessionToken"]}
        self.account = {**self.account, **temporary}
        self.client = self._open(self.given, self.version, self.account)
        self.client.meta.events.register("before-call.cloudfront", self._count)

    def _count(self, model, **_):
        self.operations.add(model.name)

    def has(self, operation):
        return operation in self.shapes.operation_names

    def knows(self, shape, value):
        """What this version knows of a value, with its members in the version's own order."""
        if isinstance(shape, str):
            shape = self.shapes.shape_for(shape)
        if shape.type_name == "structure":
            return {name: self.knows(member, value[name]) for name, member in shape.members.items() if name in value}
        if shape.type_name == "list":
            return [self.knows(shape.member, item) for item in value]
        return value

    def wait(self, name, **about):
        self.client.get_waiter(name).wait(WaiterConfig=WAIT, **about)
        self.waiters.add(name)

    def refused(self, code, call, **arguments):
        """Holds when the call ends with this exception of the client, and no other."""
        try:
            call(**arguments)
        except getattr(self.client.exceptions, code) as error:
            same("code of the error", error.response["Error"]["Code"], code)
            self.errors.add(code)
            return
        raise AssertionError(f"expected {code}, but the call went through")

    def unbuilt(self, call, **arguments):
        try:
            call(**arguments)
        except ClientError as error:
            same("code of the error", error.response["Error"]["Code"], "UnsupportedOperation")
            return
        raise AssertionError("expected UnsupportedOperation, but the call went through")


def without_empty(value):
    """An empty list is written with Items or without, and always read without."""
    if isinstance(value, dict):
        return {name: without_empty(item) for name, item in value.items() if not (name == "Items" and item == [])}
    return [without_empty(item) for item in value] if isinstance(value, list) else value


def same(what, got, wanted):
    got, wanted = without_empty(got), without_empty(wanted)
    if got != wanted:
        shown = [json.dumps(value, indent=1, sort_keys=True, default=str) for value in (got, wanted)]
        raise AssertionError(f"{what}: got {shown[0]}\nwanted {shown[1]}")


def listed(*items):
    return {"Quantity": len(items), "Items": list(items)}


def behavior(origin, **settings):
    """Every member that the server carries out, and the off value of those that it does not."""
    return {
        "TargetOriginId": origin,
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "ViewerProtocolPolicy": "allow-all",
        "AllowedMethods": {**listed("GET", "HEAD"), "CachedMethods": listed("GET", "HEAD")},
        "SmoothStreaming": False,
        "Compress": False,
        "LambdaFunctionAssociations": listed(),
        "FunctionAssociations": {"Quantity": 0},
        "FieldLevelEncryptionId": "",
        "ForwardedValues": {
            "QueryString": False,
            "Cookies": {"Forward": "none"},
            "Headers": listed(),
            "QueryStringCacheKeys": {"Quantity": 0},
        },
        "MinTTL": 0,
        "DefaultTTL": 86400,
        "MaxTTL": 31536000,
        **settings,
    }


def custom_origin(name, policy, **settings):
    return {
        "Id": name,
        "DomainName": "origin.example.com",
        "OriginPath": "/" + name,
        "CustomHeaders": listed(
            {"HeaderName": "X-Origin-Verify", "HeaderValue": "a secret = <1> & \"2\""},
            {"HeaderName": "x-empty", "HeaderValue": ""},
        ),
        "CustomOriginConfig": {
            "HTTPPort": 8080,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": policy,
            "OriginSslProtocols": listed("TLSv1", "TLSv1.1", "TLSv1.2"),
            "OriginReadTimeout": 20,
            "OriginKeepaliveTimeout": 3,
        },
        "ConnectionAttempts": 2,
        "ConnectionTimeout": 4,
        "OriginShield": {"Enabled": False},
        "OriginAccessControlId": "",
        **settings,
    }


def rich_config(version, identity):
    """A distribution's config with every member that has a stored value, as the newest version has them."""
    policy = "https-only" if version >= "2016-01-13" else "match-viewer"
    bucket = custom_origin("bucket", policy, DomainName=BUCKET, CustomHeaders=listed(), OriginPath="")
    del bucket["CustomOriginConfig"]
    bucket["S3OriginConfig"] = {"OriginAccessIdentity": f"origin-access-identity/cloudfront/{identity}"}
    return {
        "CallerReference": f"{version} rich",
        "Aliases": listed(f"www.v{version}.example.com", f"*.v{version}.example.com"),
        "DefaultRootObject": "index.html",
        "Origins": listed(custom_origin("site", "http-only"), custom_origin("api", policy), bucket),
        "OriginGroups": {"Quantity": 0},
        "DefaultCacheBehavior": behavior(
            "site",
            ForwardedValues={
                "QueryString": True,
                "Cookies": {"Forward": "whitelist", "WhitelistedNames": listed("session", "lang*")},
                "Headers": listed("Origin", "Accept-Language"),
                "QueryStringCacheKeys": listed("page", "q"),
            },
            MinTTL=5,
            DefaultTTL=60,
            MaxTTL=3600,
        ),
        "CacheBehaviors": listed(
            {
                "PathPattern": "/api/*",
                **behavior(
                    "api",
                    ViewerProtocolPolicy="https-only",
                    AllowedMethods={
                        **listed("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"),
                        "CachedMethods": listed("GET", "HEAD", "OPTIONS"),
                    },
                    ForwardedValues={
                        "QueryString": True,
                        "Cookies": {"Forward": "all"},
                        "Headers": listed("*"),
                        "QueryStringCacheKeys": {"Quantity": 0},
                    },
                ),
            },
            {
                "PathPattern": "private/?.jpg",
                **behavior(
                    "bucket",
                    ViewerProtocolPolicy="redirect-to-https",
                    TrustedSigners={"Enabled": True, **listed("self")},
                ),
            },
        ),
        "CustomErrorResponses": listed(),
        "Comment": "höchst <\"rich\"> & 'well'",
        "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
        "PriceClass": "PriceClass_100",
        "Enabled": True,
        "ViewerCertificate": {
            "CloudFrontDefaultCertificate": True,
            "MinimumProtocolVersion": "TLSv1",
            "CertificateSource": "cloudfront",
        },
        "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
        "WebACLId": WEB_ACL_CLASSIC,
        "HttpVersion": "http2",
        "IsIPV6Enabled": True,
        "ContinuousDeploymentPolicyId": "",
        "Staging": False,
    }


def changed_config(config):
    """The config with something else in most of its members, a behavior and an origin less, a behavior more."""
    site, api, _ = config["Origins"]["Items"]
    first, _ = config["CacheBehaviors"]["Items"]
    version = config["CallerReference"].split(" ")[0]
    return {
        **config,
        "Aliases": listed(f"www.v{version}.example.com", f"new.v{version}.example.com"),
        "DefaultRootObject": "",
        "Origins": listed({**api, "OriginPath": ""}, {**site, "CustomHeaders": listed()}),
        "DefaultCacheBehavior": {**config["DefaultCacheBehavior"], "TargetOriginId": "api", "MinTTL": 6},
        "CacheBehaviors": listed({**first, "PathPattern": "/first/*"}, first),
        "Comment": "",
        "PriceClass": "PriceClass_All",
        "Restrictions": {"GeoRestriction": {"RestrictionType": "whitelist", **listed("DE", "AT")}},
        "WebACLId": WEB_ACL_ARN,
        "HttpVersion": "http1.1",
        "IsIPV6Enabled": False,
    }


def small_config(life, name):
    config = rich_config(life.version, "none")
    config.update(
        CallerReference=f"{life.version} {name}",
        Aliases={"Quantity": 0},
        Origins=listed(custom_origin("site", "http-only")),
        CacheBehaviors={"Quantity": 0},
        Enabled=False,
        WebACLId="",
    )
    return life.knows("DistributionConfig", config)


def streaming_config(life, name, identity="", **settings):
    config = {
        "CallerReference": f"{life.version} {name}",
        "S3Origin": {"DomainName": BUCKET, "OriginAccessIdentity": identity},
        "Aliases": listed(f"{name}.v{life.version}.example.com"),
        "Comment": name,
        "Logging": {"Enabled": False, "Bucket": "", "Prefix": ""},
        "TrustedSigners": {"Enabled": True, **listed("self")},
        "PriceClass": "PriceClass_200",
        "Enabled": True,
        **settings,
    }
    return life.knows("StreamingDistributionConfig", config)


def pages_of(life, operation, list_name, **about):
    """Everything on the pages of two, and that there were as many of them as there had to be."""
    pages = list(life.client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 2}, **about))
    items = [item for page in pages for item in page[list_name].get("Items", [])]
    same("pages", [page[list_name]["Quantity"] for page in pages], [2] * (len(items) // 2) + [1] * (len(items) % 2))
    same("truncated", [page[list_name]["IsTruncated"] for page in pages], [True] * (len(pages) - 1) + [False])
    return {item["Id"]: item for item in items}


def identities(life):
    client, version = life.client, life.version
    config = {"CallerReference": f"{version} a", "Comment": "first"}
    created = client.create_cloud_front_origin_access_identity(CloudFrontOriginAccessIdentityConfig=config)
    one = created["CloudFrontOriginAccessIdentity"]
    same("Location", created["Location"].endswith(f"/{version}/origin-access-identity/cloudfront/{one['Id']}"), True)
    same("config", one["CloudFrontOriginAccessIdentityConfig"], config)

    again = client.create_cloud_front_origin_access_identity(CloudFrontOriginAccessIdentityConfig=config)
    same("repeat", again["CloudFrontOriginAccessIdentity"], one)
    life.refused(
        "CloudFrontOriginAccessIdentityAlreadyExists",
        client.create_cloud_front_origin_access_identity,
        CloudFrontOriginAccessIdentityConfig={**config, "Comment": "another"},
    )

    got = client.get_cloud_front_origin_access_identity(Id=one["Id"])
    same("get", got["CloudFrontOriginAccessIdentity"], one)
    got_config = client.get_cloud_front_origin_access_identity_config(Id=one["Id"])
    same("get config", got_config["CloudFrontOriginAccessIdentityConfig"], config)
    same("ETag", [got["ETag"], got_config["ETag"]], [created["ETag"]] * 2)

    about = {"Id": one["Id"], "CloudFrontOriginAccessIdentityConfig": {**config, "Comment": ""}}
    life.refused("InvalidIfMatchVersion", client.update_cloud_front_origin_access_identity, **about)
    updated = client.update_cloud_front_origin_access_identity(IfMatch=created["ETag"], **about)
    same("update", updated["CloudFrontOriginAccessIdentity"]["CloudFrontOriginAccessIdentityConfig"]["Comment"], "")
    life.refused(
        "PreconditionFailed", client.update_cloud_front_origin_access_identity, IfMatch=created["ETag"], **about
    )

    others = [
        client.create_cloud_front_origin_access_identity(
            CloudFrontOriginAccessIdentityConfig={"CallerReference": f"{version} {name}", "Comment": name}
        )
        for name in ("b", "c")
    ]
    found = pages_of(life, "list_cloud_front_origin_access_identities", "CloudFrontOriginAccessIdentityList")
    same("list", sorted(found), sorted([one["Id"]] + [other["CloudFrontOriginAccessIdentity"]["Id"] for other in others]))
    same("summary", found[one["Id"]], {"Id": one["Id"], "S3CanonicalUserId": one["S3CanonicalUserId"], "Comment": ""})
    return one["Id"], updated["ETag"], others


def delete_identities(life, kept, etag, others):
    client = life.client
    for other in others:
        client.delete_cloud_front_origin_access_identity(
            Id=other["CloudFrontOriginAccessIdentity"]["Id"], IfMatch=other["ETag"]
        )
    client.delete_cloud_front_origin_access_identity(Id=kept, IfMatch=etag)
    life.refused("NoSuchCloudFrontOriginAccessIdentity", client.get_cloud_front_origin_access_identity, Id=kept)
    same("list", client.list_cloud_front_origin_access_identities()["CloudFrontOriginAccessIdentityList"]["Quantity"], 0)


def distributions(life, identity, identity_etag):
    client, version = life.client, life.version
    config = life.knows("DistributionConfig", rich_config(version, identity))
    created = client.create_distribution(DistributionConfig=config)
    one, created_etag = created["Distribution"], created["ETag"]
    same("create", one["DistributionConfig"], config)
    same("status", one["Status"], "InProgress")
    same("Location", created["Location"].endswith(f"/{version}/distribution/{one['Id']}"), True)
    # What is active follows from the behaviors, although no key can be registered yet.
    signers = [signer["AwsAccountNumber"] for signer in one["ActiveTrustedSigners"]["Items"]]
    same("active signers", signers, ["self"])

    small = [client.create_distribution(DistributionConfig=small_config(life, "small"))]
    tags = [{"Key": "stage", "Value": "test"}, {"Key": "Größe", "Value": ""}]
    if life.has("CreateDistributionWithTags"):
        tagged = {"DistributionConfig": small_config(life, "tagged"), "Tags": {"Items": tags}}
        small.append(client.create_distribution_with_tags(DistributionConfigWithTags=tagged))
        tagging(life, small[1]["Distribution"]["ARN"], tags)
    else:
        small.append(client.create_distribution(DistributionConfig=small_config(life, "other")))
    small_ids = [each["Distribution"]["Id"] for each in small]

    # An identical repeat: answered with the original up to 2018-06-18, refused from then on.
    if version <= "2018-06-18":
        again = client.create_distribution(DistributionConfig=config)
        same("repeat", [again["Distribution"]["Id"], again["ETag"]], [one["Id"], created_etag])
    else:
        life.refused("DistributionAlreadyExists", client.create_distribution, DistributionConfig=config)
    another = {**config, "Comment": "another"}
    life.refused("DistributionAlreadyExists", client.create_distribution, DistributionConfig=another)
    taken = {**small_config(life, "alias"), "Aliases": config["Aliases"]}
    life.refused("CNAMEAlreadyExists", client.create_distribution, DistributionConfig=taken)
    astray = {**small_config(life, "astray")}
    astray["DefaultCacheBehavior"] = {**astray["DefaultCacheBehavior"], "TargetOriginId": "nowhere"}
    life.refused("NoSuchOrigin", client.create_distribution, DistributionConfig=astray)
    uneven = {**small_config(life, "uneven"), "Aliases": {"Quantity": 2, "Items": ["one.example.com"]}}
    life.refused("InconsistentQuantities", client.create_distribution, DistributionConfig=uneven)
    on = {**small_config(life, "log"), "Logging": {**config["Logging"], "Enabled": True, "Bucket": BUCKET}}
    life.refused("InvalidArgument", client.create_distribution, DistributionConfig=on)

    life.wait("distribution_deployed", Id=one["Id"])
    got, got_config = client.get_distribution(Id=one["Id"]), client.get_distribution_config(Id=one["Id"])
    same("get", got["Distribution"], {**one, "Status": "Deployed"})
    same("get config", got_config["DistributionConfig"], config)
    same("ETag", [got["ETag"], got_config["ETag"]], [created_etag] * 2)
    through_newest = life.newest.get_distribution_config(Id=one["Id"])
    same("newest", life.knows("DistributionConfig", through_newest["DistributionConfig"]), config)

    found = pages_of(life, "list_distributions", "DistributionList")
    same("list", sorted(found), sorted([one["Id"], *small_ids]))
    in_summary = ("Aliases", "Origins", "DefaultCacheBehavior", "CacheBehaviors", "Comment", "ViewerCertificate")
    same("summary", {name: found[one["Id"]][name] for name in in_summary}, {name: config[name] for name in in_summary})
    by_web_acl(life, WEB_ACL_CLASSIC, [one["Id"]])
    by_web_acl(life, "null", small_ids)

    changed = life.knows("DistributionConfig", changed_config(rich_config(version, identity)))
    update = {"Id": one["Id"], "DistributionConfig": changed}
    life.refused("InvalidIfMatchVersion", client.update_distribution, **update)
    life.refused("InvalidIfMatchVersion", client.update_distribution, **update, IfMatch="nonsense")
    life.refused("NoSuchDistribution", client.update_distribution, **{**update, "Id": "E0"}, IfMatch=created_etag)
    life.refused(
        "IllegalUpdate",
        client.update_distribution,
        Id=one["Id"],
        DistributionConfig={**changed, "CallerReference": "another"},
        IfMatch=created_etag,
    )
    life.refused(
        "CloudFrontOriginAccessIdentityInUse",
        client.delete_cloud_front_origin_access_identity,
        Id=identity,
        IfMatch=identity_etag,
    )
    updated = client.update_distribution(**update, IfMatch=created_etag)
    same("update", updated["Distribution"]["DistributionConfig"], changed)
    same("status", updated["Distribution"]["Status"], "InProgress")
    same("ETag", updated["ETag"] != created_etag, True)
    life.refused("PreconditionFailed", client.update_distribution, **update, IfMatch=created_etag)
    by_web_acl(life, WEB_ACL_ARN, [one["Id"]])

    invalidations(life, one["Id"])
    return [one["Id"], *small_ids]


def by_web_acl(life, web_acl, wanted):
    if life.has("ListDistributionsByWebACLId"):
        answer = life.client.list_distributions_by_web_acl_id(WebACLId=web_acl, MaxItems="10")["DistributionList"]
        same(f"by web ACL {web_acl}", sorted(item["Id"] for item in answer.get("Items", [])), sorted(wanted))


def invalidations(life, distribution):
    client = life.client
    batch = {"CallerReference": "1", "Paths": listed("/a%20b", "/images/*", "/?q=<1>&r=\"2\"")}
    about = {"DistributionId": distribution}
    created = client.create_invalidation(**about, InvalidationBatch=batch)
    one = created["Invalidation"]
    same("batch", one["InvalidationBatch"], batch)
    same("status", one["Status"], "InProgress")
    again = client.create_invalidation(**about, InvalidationBatch=batch)
    same("repeat", again["Invalidation"]["Id"], one["Id"])
    others = [
        client.create_invalidation(**about, InvalidationBatch={"CallerReference": name, "Paths": listed("/*")})
        for name in ("2", "3")
    ]
    life.wait("invalidation_completed", **about, Id=one["Id"])
    got = client.get_invalidation(**about, Id=one["Id"])["Invalidation"]
    same("get", got, {**one, "Status": "Completed"})
    found = pages_of(life, "list_invalidations", "InvalidationList", **about)
    same("list", sorted(found), sorted([one["Id"]] + [other["Invalidation"]["Id"] for other in others]))
    same("summary", found[one["Id"]], {"Id": one["Id"], "Status": "Completed", "CreateTime": one["CreateTime"]})
    life.refused("NoSuchInvalidation", client.get_invalidation, **about, Id="I0")
    life.refused("NoSuchDistribution", client.create_invalidation, DistributionId="E0", InvalidationBatch=batch)
    wrong = {"CallerReference": "4", "Paths": listed("no-slash")}
    life.refused("InvalidArgument", client.create_invalidation, **about, InvalidationBatch=wrong)


def tagging(life, arn, written):
    client = life.client

    def tags():
        return {tag["Key"]: tag["Value"] for tag in client.list_tags_for_resource(Resource=arn)["Tags"].get("Items", [])}

    as_written = {tag["Key"]: tag["Value"] for tag in written}
    same("tags", tags(), as_written)
    client.tag_resource(Resource=arn, Tags={"Items": [{"Key": "stage", "Value": "live"}, {"Key": "more", "Value": "1"}]})
    same("tags", tags(), {**as_written, "stage": "live", "more": "1"})
    client.untag_resource(Resource=arn, TagKeys={"Items": [*as_written, "absent"]})
    rest = {"stage": "live", "more": "1"}
    same("tags", tags(), {key: value for key, value in rest.items() if key not in as_written})
    life.refused("NoSuchResource", client.list_tags_for_resource, Resource=arn[: arn.rindex("/")] + "/E0")
    life.refused("InvalidArgument", client.list_tags_for_resource, Resource="arn:aws:cloudfront::1:key/1")
    reserved = {"Items": [{"Key": "aws:mine", "Value": ""}]}
    life.refused("InvalidTagging", client.tag_resource, Resource=arn, Tags=reserved)


def delete_distributions(life, ids):
    client = life.client
    first = client.get_distribution(Id=ids[0])
    life.refused("DistributionNotDisabled", client.delete_distribution, Id=ids[0], IfMatch=first["ETag"])
    off = {**first["Distribution"]["DistributionConfig"], "Enabled": False}
    client.update_distribution(Id=ids[0], IfMatch=first["ETag"], DistributionConfig=off)
    for each in ids:
        life.wait("distribution_deployed", Id=each)
        client.delete_distribution(Id=each, IfMatch=client.get_distribution_config(Id=each)["ETag"])
    life.refused("NoSuchDistribution", client.get_distribution, Id=ids[0])
    life.refused("NoSuchDistribution", client.get_distribution_config, Id=ids[0])
    life.refused("NoSuchDistribution", client.delete_distribution, Id=ids[0], IfMatch=first["ETag"])
    same("list", client.list_distributions()["DistributionList"]["Quantity"], 0)


def streaming(life, identity):
    client, version = life.client, life.version
    config = streaming_config(life, "stream", f"origin-access-identity/cloudfront/{identity}")
    created = client.create_streaming_distribution(StreamingDistributionConfig=config)
    one, created_etag = created["StreamingDistribution"], created["ETag"]
    same("create", one["StreamingDistributionConfig"], config)
    same("status", one["Status"], "InProgress")
    others = [client.create_streaming_distribution(StreamingDistributionConfig=streaming_config(life, "b", Enabled=False))]
    last = streaming_config(life, "c", Enabled=False)
    if life.has("CreateStreamingDistributionWithTags"):
        tags = [{"Key": "kind", "Value": "stream"}]
        tagged = {"StreamingDistributionConfig": last, "Tags": {"Items": tags}}
        others.append(client.create_streaming_distribution_with_tags(StreamingDistributionConfigWithTags=tagged))
        tagging(life, others[1]["StreamingDistribution"]["ARN"], tags)
    else:
        others.append(client.create_streaming_distribution(StreamingDistributionConfig=last))
    other = {**config, "Comment": "another"}
    life.refused(
        "StreamingDistributionAlreadyExists", client.create_streaming_distribution, StreamingDistributionConfig=other
    )

    life.wait("streaming_distribution_deployed", Id=one["Id"])
    got, got_config = (
        client.get_streaming_distribution(Id=one["Id"]),
        client.get_streaming_distribution_config(Id=one["Id"]),
    )
    same("get", got["StreamingDistribution"], {**one, "Status": "Deployed"})
    same("get config", got_config["StreamingDistributionConfig"], config)
    same("ETag", [got["ETag"], got_config["ETag"]], [created_etag] * 2)
    found = pages_of(life, "list_streaming_distributions", "StreamingDistributionList")
    ids = [one["Id"]] + [each["StreamingDistribution"]["Id"] for each in others]
    same("list", sorted(found), sorted(ids))
    life.refused("StreamingDistributionNotDisabled", client.delete_streaming_distribution, Id=ids[0], IfMatch=created_etag)

    off = {
        **config,
        "Comment": "off",
        "Aliases": {"Quantity": 0},
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "Enabled": False,
        "PriceClass": "PriceClass_All",
        "S3Origin": {**config["S3Origin"], "OriginAccessIdentity": ""},
    }
    update = {"Id": one["Id"], "StreamingDistributionConfig": off}
    life.refused("InvalidIfMatchVersion", client.update_streaming_distribution, **update)
    updated = client.update_streaming_distribution(**update, IfMatch=created_etag)
    same("update", updated["StreamingDistribution"]["StreamingDistributionConfig"], off)
    life.refused("PreconditionFailed", client.update_streaming_distribution, **update, IfMatch=created_etag)
    for each in ids:
        life.wait("streaming_distribution_deployed", Id=each)
        etag = client.get_streaming_distribution_config(Id=each)["ETag"]
        client.delete_streaming_distribution(Id=each, IfMatch=etag)
    life.refused("NoSuchStreamingDistribution", client.get_streaming_distribution, Id=ids[0])
    same("list", client.list_streaming_distributions()["StreamingDistributionList"]["Quantity"], 0)


PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr17TkcLyQ/PttXnJaZZ3
ASLoks0FjiOHYsdq5em18fpoND8XWp9Qlj8QuZK6UZmgok0aB/QJmWKy9zbHm/ey
ajn5NfZodsQ+uhidptFfFTHmYqgLp9Dv3o8YLTFQeI1tKhQmHWsWSe3Kc9ugdUEx
ASw32l3koN37ICys0B8leQlEqG87EoUd1TmjlZptpFMmCPULFwKEuMwvpjLvfxNr
uFFkN/bVv/sxrAoZNsZ0Qy2DUv9O7s7GDJ79601Hr3D31M/F/KDWhMDnsIJILlbK
qH3GFc/0sbxVyuxnhlKk1Z38VTpM4zgN0VqI23uTqOge6woVwvXxDJHUpt/o/F5h
0QIDAQAB
-----END PUBLIC KEY-----
"""


def keys_and_controls(life):
    """What signed URLs are verified with, and as whom the edge asks: each as far as the version has it."""
    if not life.has("CreatePublicKey"):
        return
    client, version = life.client, life.version
    config = {"CallerReference": version, "Name": f"v{version}", "EncodedKey": PUBLIC_KEY, "Comment": "first"}
    key = client.create_public_key(PublicKeyConfig=config)
    about = {"Id": key["PublicKey"]["Id"]}
    same("key", key["PublicKey"]["PublicKeyConfig"], config)
    same("get", client.get_public_key(**about)["PublicKey"], key["PublicKey"])
    same("get config", client.get_public_key_config(**about)["PublicKeyConfig"], config)
    changed = {**config, "Comment": "changed"}
    key = client.update_public_key(**about, IfMatch=key["ETag"], PublicKeyConfig=changed)
    same("update", key["PublicKey"]["PublicKeyConfig"], changed)
    (summary,) = client.list_public_keys(MaxItems="2")["PublicKeyList"]["Items"]
    same("list", [summary["Id"], summary["Comment"]], [about["Id"], "changed"])
    if life.has("CreateKeyGroup"):
        key_groups(life, about["Id"])
    if life.has("CreateOriginAccessControl"):
        access_controls(life)
    client.delete_public_key(**about, IfMatch=key["ETag"])
    same("list", client.list_public_keys()["PublicKeyList"]["Quantity"], 0)


def key_groups(life, key):
    client = life.client
    config = {"Name": "readers", "Items": [key], "Comment": "first"}
    group = client.create_key_group(KeyGroupConfig=config)
    about = {"Id": group["KeyGroup"]["Id"]}
    same("get", client.get_key_group(**about)["KeyGroup"], group["KeyGroup"])
    same("get config", client.get_key_group_config(**about)["KeyGroupConfig"], config)
    changed = {**config, "Name": "writers"}
    group = client.update_key_group(**about, IfMatch=group["ETag"], KeyGroupConfig=changed)
    same("update", group["KeyGroup"]["KeyGroupConfig"], changed)
    (summary,) = client.list_key_groups()["KeyGroupList"]["Items"]
    same("list", summary["KeyGroup"], group["KeyGroup"])
    found = client.list_distributions_by_key_group(KeyGroupId=about["Id"])["DistributionIdList"]
    same("distributions", found["Quantity"], 0)
    client.delete_key_group(**about, IfMatch=group["ETag"])


def access_controls(life):
    client = life.client
    config = {
        "Name": "bucket",
        "Description": "first",
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    control = client.create_origin_access_control(OriginAccessControlConfig=config)
    about = {"Id": control["OriginAccessControl"]["Id"]}
    same("get", client.get_origin_access_control(**about)["OriginAccessControl"], control["OriginAccessControl"])
    same("get config", client.get_origin_access_control_config(**about)["OriginAccessControlConfig"], config)
    changed = {**config, "SigningBehavior": "no-override"}
    control = client.update_origin_access_control(
        **about, IfMatch=control["ETag"], OriginAccessControlConfig=changed
    )
    same("update", control["OriginAccessControl"]["OriginAccessControlConfig"], changed)
    (summary,) = client.list_origin_access_controls()["OriginAccessControlList"]["Items"]
    same("list", summary, {**about, **changed})
    client.delete_origin_access_control(**about, IfMatch=control["ETag"])


def live(life):
    identity, etag, others = identities(life)
    life.in_session()
    ids = distributions(life, identity, etag)
    streaming(life, identity)
    delete_distributions(life, ids)
    delete_identities(life, identity, etag, others)
    keys_and_controls(life)
    same("waiters", sorted(life.waiters), sorted(life.client.waiter_names))
    # Known to the version, not carried out: says so by its code.
    counted = set(life.operations)
    if life.has("DeleteServiceLinkedRole"):
        life.unbuilt(life.client.delete_service_linked_role, RoleName="AWSServiceRoleForCloudFrontLogger")
    if life.has("ListFieldLevelEncryptionProfiles"):
        life.unbuilt(life.client.list_field_level_encryption_profiles)
    life.operations = counted


def run(given, version, account):
    began = time.monotonic()
    life, failure = None, None
    try:
        life = Life(given, version, account)
        live(life)
    except BaseException:
        failure = traceback.format_exc()
    report = {
        "version": version,
        "seconds": round(time.monotonic() - began, 1),
        "operations": sorted(life.operations) if life else [],
        "waiters": sorted(life.waiters) if life else [],
        "errors": sorted(life.errors) if life else [],
        "failure": failure,
    }
    return json.dumps(report)


def main():
    given = json.load(sys.stdin)
    known = botocore.loaders.create_loader().list_api_versions("cloudfront", "service-2")
    print(json.dumps({"versions": sorted(known)}), flush=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lives = [pool.submit(run, given, version, given["accounts"][version]) for version in sorted(known)]
        for each in lives:
            print(each.result(), flush=True)


main()
