# Buckets with everything that is commonly said of them: one private behind the CDN, one open website. What the test changes
# in place is a variable.

variable "prefix" {
  type = string
}

variable "grants" {
  type    = list(string)
  default = ["s3:GetObject"]
}

variable "versioning" {
  type    = string
  default = "Enabled"
}

variable "index" {
  type    = string
  default = "index.html"
}

variable "cors_age" {
  type    = number
  default = 60
}

variable "body" {
  type    = string
  default = "first"
}

variable "tags" {
  type    = map(string)
  default = { Name = "private", Stage = "test" }
}

variable "acl" {
  type    = string
  default = "private"
}

resource "aws_s3_bucket" "private" {
  bucket = "${var.prefix}-private"
  tags   = var.tags
}

resource "aws_s3_bucket_public_access_block" "private" {
  bucket                  = aws_s3_bucket.private.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "private" {
  bucket = aws_s3_bucket.private.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "private" {
  bucket = aws_s3_bucket.private.id
  versioning_configuration {
    status = var.versioning
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "private" {
  bucket = aws_s3_bucket.private.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_object" "page" {
  bucket        = aws_s3_bucket.private.id
  key           = "pages/${var.index}"
  content       = var.body
  content_type  = "text/html"
  cache_control = "max-age=60"
  metadata      = { made-by = "terraform" }
  tags          = { kind = "page" }
  force_destroy = true
}

resource "aws_cloudfront_origin_access_identity" "private" {
  comment = "reads ${var.prefix}"
}

data "aws_iam_policy_document" "private" {
  statement {
    sid       = "AllowTheCdn"
    actions   = var.grants
    resources = ["${aws_s3_bucket.private.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = [aws_cloudfront_origin_access_identity.private.iam_arn]
    }
  }
  statement {
    sid       = "AllowTheCdnByItsOtherName"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.private.arn]
    principals {
      type        = "CanonicalUser"
      identifiers = [aws_cloudfront_origin_access_identity.private.s3_canonical_user_id]
    }
  }
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.private.arn, "${aws_s3_bucket.private.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "private" {
  bucket     = aws_s3_bucket.private.id
  policy     = data.aws_iam_policy_document.private.json
  depends_on = [aws_s3_bucket_public_access_block.private]
}

resource "aws_s3_bucket" "site" {
  bucket        = "${var.prefix}-site"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "site" {
  bucket                  = aws_s3_bucket.site.id
  block_public_acls       = false
  block_public_policy     = false
  ignore_public_acls      = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_ownership_controls" "site" {
  bucket = aws_s3_bucket.site.id
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_acl" "site" {
  bucket     = aws_s3_bucket.site.id
  acl        = var.acl
  depends_on = [aws_s3_bucket_ownership_controls.site, aws_s3_bucket_public_access_block.site]
}

resource "aws_s3_bucket_website_configuration" "site" {
  bucket = aws_s3_bucket.site.id
  index_document {
    suffix = var.index
  }
  error_document {
    key = "404.html"
  }
  routing_rule {
    condition {
      key_prefix_equals = "docs/"
    }
    redirect {
      replace_key_prefix_with = "documents/"
      http_redirect_code      = "302"
    }
  }
}

resource "aws_s3_bucket_cors_configuration" "site" {
  bucket = aws_s3_bucket.site.id
  cors_rule {
    id              = "pages"
    allowed_headers = ["*"]
    allowed_methods = ["GET", "HEAD"]
    allowed_origins = ["https://*.example.com"]
    expose_headers  = ["ETag"]
    max_age_seconds = var.cors_age
  }
}

resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.site.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PublicRead"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.site.arn}/*"
    }]
  })
  depends_on = [aws_s3_bucket_public_access_block.site]
}

resource "aws_s3_object" "home" {
  bucket       = aws_s3_bucket.site.id
  key          = "index.html"
  content      = "home"
  content_type = "text/html"
  acl          = "public-read"
  depends_on   = [aws_s3_bucket_acl.site]
}

output "private" {
  value = aws_s3_bucket.private.id
}

output "site" {
  value = aws_s3_bucket.site.id
}
