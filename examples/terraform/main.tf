# A site with a members' area: a bucket that only the CDN can read, everything below /members/ for whoever has a signed URL.
# Works as it is against Warmfront with the environment that `npm start` prints, and against AWS without it.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region            = "us-east-1"
  s3_use_path_style = true
}

variable "bucket" {
  description = "Name of the bucket; the name space of buckets is shared by all accounts."
  type        = string
  default     = "members-area"
}

variable "public_key_file" {
  description = "Public half of the key pair by which URLs are signed, in PEM; README.md makes one."
  type        = string
  default     = "public.pem"
}

resource "aws_s3_bucket" "site" {
  bucket = var.bucket
}

resource "aws_s3_bucket_ownership_controls" "site" {
  bucket = aws_s3_bucket.site.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "site" {
  bucket                  = aws_s3_bucket.site.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "pages" {
  for_each     = fileset("${path.module}/pages", "**")
  bucket       = aws_s3_bucket.site.id
  key          = each.value
  source       = "${path.module}/pages/${each.value}"
  etag         = filemd5("${path.module}/pages/${each.value}")
  content_type = "text/html; charset=utf-8"
}

resource "aws_cloudfront_origin_access_identity" "site" {
  comment = "reads the members' area"
}

data "aws_iam_policy_document" "site" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.site.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = [aws_cloudfront_origin_access_identity.site.iam_arn]
    }
  }
}

resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.site.id
  policy = data.aws_iam_policy_document.site.json
}

resource "aws_cloudfront_public_key" "members" {
  name        = "${var.bucket}-members"
  encoded_key = file(var.public_key_file)
}

resource "aws_cloudfront_key_group" "members" {
  name  = "${var.bucket}-members"
  items = [aws_cloudfront_public_key.members.id]
}

resource "aws_cloudfront_distribution" "site" {
  enabled             = true
  comment             = "members' area"
  default_root_object = "index.html"
  wait_for_deployment = false

  origin {
    origin_id   = "bucket"
    domain_name = "${aws_s3_bucket.site.bucket}.s3.amazonaws.com"
    s3_origin_config {
      origin_access_identity = aws_cloudfront_origin_access_identity.site.cloudfront_access_identity_path
    }
  }

  default_cache_behavior {
    target_origin_id       = "bucket"
    viewer_protocol_policy = "allow-all"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    forwarded_values {
      query_string = false
      cookies {
        forward = "none"
      }
    }
  }

  ordered_cache_behavior {
    path_pattern           = "members/*"
    target_origin_id       = "bucket"
    viewer_protocol_policy = "allow-all"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    trusted_key_groups     = [aws_cloudfront_key_group.members.id]
    forwarded_values {
      query_string = false
      cookies {
        forward = "none"
      }
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}

output "domain" {
  value = aws_cloudfront_distribution.site.domain_name
}

# The id that a signed URL names as Key-Pair-Id.
output "key" {
  value = aws_cloudfront_public_key.members.id
}
