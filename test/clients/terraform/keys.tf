# Who may sign, and as whom the edge asks a bucket: a public key, the group that it is in, an access control, and a
# distribution that has both.

# PEM.
variable "public_key" {
  type = string
}

variable "comment" {
  type    = string
  default = "made"
}

resource "aws_cloudfront_public_key" "signer" {
  name        = "signer"
  comment     = var.comment
  encoded_key = var.public_key
}

resource "aws_cloudfront_key_group" "readers" {
  name    = "readers"
  comment = var.comment
  items   = [aws_cloudfront_public_key.signer.id]
}

resource "aws_cloudfront_origin_access_control" "bucket" {
  name                              = "bucket"
  description                       = var.comment
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "private" {
  enabled             = true
  wait_for_deployment = false

  origin {
    origin_id                = "bucket"
    domain_name              = "private.s3.amazonaws.com"
    origin_access_control_id = aws_cloudfront_origin_access_control.bucket.id
  }

  default_cache_behavior {
    target_origin_id       = "bucket"
    viewer_protocol_policy = "allow-all"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    trusted_key_groups     = [aws_cloudfront_key_group.readers.id]

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

output "active" {
  value = [for group in aws_cloudfront_distribution.private.trusted_key_groups[0].items : group.key_pair_ids]
}

output "key" {
  value = aws_cloudfront_public_key.signer.id
}
